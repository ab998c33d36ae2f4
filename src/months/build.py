#!/usr/bin/env python3
"""Writes cldr.tsv: the names of the months by language, from the npm package cldr-dates-full.

    npm pack cldr-dates-full@48.2.0 && tar xzf cldr-dates-full-48.2.0.tgz && python3 build.py package/main > cldr.tsv

Every form counts that CLDR has for a language in any of its regions: wide and abbreviated, within a
date and alone. Names with digits in them (`11月`, `tháng 11`) are left out: readers of dates know them
as numbers. What CLDR does not have stands in more.tsv.
"""
import json
import os
import sys
import unicodedata

# In this order where languages disagree and the text's own is not known.
LANGUAGES = """en de fr es it pt nl pl ru uk tr ar hu el sv cs ro id fi da nb bg et lt hi vi th zh ja ko he hr lv sk
sl sr ca bn fa ur nn bs mk gl eu is ms sq sw af be hy ka az kk uz ga cy mt lb fo fil ta te ml mr gu kn pa ne
si""".split()
# Writing systems that no newspaper uses.
LEFT_OUT = ('Dsrt', 'Shaw', 'Adlm')


def names(folder, language):
    months = [[] for _ in range(12)]
    regions = sorted(name for name in os.listdir(folder) if name.split('-')[0] == language)
    for region in regions:
        path = os.path.join(folder, region, 'ca-gregorian.json')
        if any(script in region for script in LEFT_OUT) or not os.path.exists(path):
            continue
        with open(path, encoding='utf-8') as file:
            table = json.load(file)['main'][region]['dates']['calendars']['gregorian']['months']
        for form in ('format', 'stand-alone'):
            for width in ('wide', 'abbreviated'):
                for month in range(12):
                    name = unicodedata.normalize('NFC', table[form][width][str(month + 1)]).lower().strip(' .')
                    letters = sum(c.isalpha() for c in name)
                    if letters >= 2 and not any(c.isdigit() for c in name) and name not in months[month]:
                        months[month].append(name)
    return months


def main():
    print('# Names of the months by language, from CLDR 48.2 (Unicode License v3). Written by build.py.')
    print('# Language, then the twelve months, divided by tabs; variants by a bar.')
    for language in LANGUAGES:
        months = names(sys.argv[1], language)
        print('\t'.join([language] + ['|'.join(month) for month in months]))


main()
