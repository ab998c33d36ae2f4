#!/usr/bin/env python3
"""Builds countries.tsv from a package; run by hand, never by the build. atlas.py builds the cities.

    npm pack cldr-localenames-full@48.2.0     # Unicode-3.0
    python3 build.py <unpacked localenames>

What people maintain stands in the other files of this folder and in the tables below.
"""

import json
import pathlib
import re
import sys
import unicodedata

LANGUAGES = "en de fr es it pt nl pl ru uk tr ar".split()
HERE = pathlib.Path(__file__).parent

# Territories without a population of their own, and groups of states.
SKIP = set("AC AQ BV CP CQ DG EA EU EZ HM IC IO QO TA TF UM UN XA XB ZZ GS".split())

# Names in use that CLDR does not give. Language, then names.
ALSO = {
    "US": {"en": "US|USA|United States of America|America", "de": "USA|Vereinigte Staaten von Amerika|Vereinigten Staaten|Amerika",
           "fr": "USA|Etats-Unis|Amérique", "es": "EEUU|EE UU|EE. UU.|Estados Unidos de América", "it": "USA|Stati Uniti d'America|America",
           "pt": "EUA|EUA", "nl": "VS|Amerika", "pl": "USA|Stanach Zjednoczonych|Stanów Zjednoczonych|Stanami Zjednoczonymi|Ameryka|Ameryki|Ameryce",
           "ru": "США|Америка|Соединенные Штаты|Соединенных Штатах|Соединенных Штатов", "uk": "США|Америка|Сполучені Штати|Сполучених Штатів|Сполучених Штатах",
           "tr": "ABD|Amerika", "ar": "أمريكا|أميركا|الولايات المتحدة الأمريكية|الولايات المتحدة الأميركية"},
    "GB": {"en": "UK|Britain|Great Britain", "de": "Großbritannien|Grossbritannien|Großbritanniens", "fr": "Grande-Bretagne|Royaume Uni", "es": "Gran Bretaña", "it": "Gran Bretagna",
           "pt": "Grã-Bretanha", "nl": "Groot-Brittannië|VK", "pl": "Wielkiej Brytanii|Wielką Brytanią|Wielką Brytanię|Brytania|Brytanii", "ru": "Британия", "uk": "Британія|Велика Британія|Великої Британії|Великій Британії",
           "tr": "İngiltere|Britanya", "ar": "بريطانيا"},
    "RU": {"en": "Russian Federation", "de": "Russische Föderation|Russischen Föderation", "ru": "РФ|Российская Федерация|Российской Федерации", "uk": "РФ|Російська Федерація|Російської Федерації"},
    "KP": {"en": "DPRK|N Korea|N. Korea", "de": "Nordkorea", "fr": "Corée du Nord", "ru": "Северная Корея|Северной Кореи|Северной Корее|Северную Корею|Северной Кореей", "uk": "Північна Корея|Північної Кореї|Північній Кореї|Північну Корею|Північною Кореєю", "pl": "Korei Północnej|Koreą Północną|Koreę Północną",
           "nl": "Noord-Korea", "it": "Corea del Nord", "es": "Corea del Norte", "pt": "Coreia do Norte", "tr": "Kuzey Kore", "ar": "كوريا الشمالية"},
    "KR": {"en": "Republic of Korea|S Korea|S. Korea", "ru": "Южная Корея|Южной Кореи|Южной Корее|Южную Корею|Южной Кореей", "uk": "Південна Корея|Південної Кореї|Південній Кореї|Південну Корею|Південною Кореєю", "pl": "Korei Południowej|Koreą Południową|Koreę Południową"},
    "AE": {"en": "UAE|Emirates", "de": "VAE|Emirate", "fr": "Emirats arabes unis|Émirats", "ar": "الإمارات", "ru": "ОАЭ", "uk": "ОАЕ", "es": "Emiratos", "tr": "BAE"},
    "CN": {"en": "People's Republic of China", "de": "Volksrepublik China"},
    "NL": {"en": "Holland", "de": "Holland|Niederlanden", "nl": "Holland", "tr": "Hollanda", "pl": "Holandia"},
    "CH": {"de": "Schweizer"},
    "CZ": {"en": "Czechia|Czech Republic", "de": "Tschechische Republik|Tschechischen Republik"},
    "TR": {"en": "Turkey|Türkiye|Turkiye"},
    "CD": {"en": "DRC|DR Congo|Democratic Republic of Congo|Democratic Republic of the Congo", "fr": "RDC|RD Congo|République démocratique du Congo", "de": "Demokratische Republik Kongo|DR Kongo"},
    "CG": {"en": "Republic of the Congo|Congo-Brazzaville", "fr": "Congo-Brazzaville"},
    "MM": {"en": "Burma", "de": "Birma|Burma", "fr": "Birmanie", "es": "Birmania", "it": "Birmania"},
    "PS": {"en": "Palestinian Territories|Palestinian territories", "de": "Palästina", "fr": "Palestine", "es": "Palestina", "it": "Palestina", "pt": "Palestina"},
    "VA": {"en": "Vatican|Holy See", "de": "Vatikan", "fr": "Vatican", "es": "Vaticano", "it": "Vaticano", "pt": "Vaticano"},
    "TW": {"en": "Taiwan"},
    "BY": {"de": "Weißrussland", "ru": "Белоруссия", "fr": "Biélorussie", "es": "Bielorrusia", "it": "Bielorussia", "nl": "Wit-Rusland"},
    "MD": {"ru": "Молдавия", "fr": "Moldavie", "it": "Moldavia", "es": "Moldavia"},
    "PL": {"de": "Polens"},
    "SA": {"ar": "السعودية", "ru": "Саудовская Аравия|Саудовской Аравии"},
    "IR": {"en": "Islamic Republic of Iran", "de": "Irans"},
    "SY": {"ar": "سوريا", "es": "Siria"},
    "ZA": {"ru": "ЮАР", "de": "Südafrika"},
    "DE": {"ru": "ФРГ", "en": "Federal Republic of Germany", "de": "Bundesrepublik"},
    "CF": {"en": "CAR"},
    "XK": {"en": "Kosovo"},
    "PG": {"en": "PNG"},
    "TT": {"en": "Trinidad"},
    "BA": {"en": "Bosnia|Bosnia-Herzegovina|Bosnia and Herzegovina", "de": "Bosnien|Bosnien-Herzegowina"},
}
# Names that are, far more often, something else (or would be lost in other words).
DROP = {("en", "CAR"), ("tr", "BK"), ("tr", "Man Adası"), ("en", "Congo"), ("fr", "Congo"), ("en", "Jersey"), ("de", "Jersey"),
        ("nl", "Jersey"), ("fr", "Jersey"), ("es", "Jersey"), ("it", "Jersey"), ("pl", "Jersey"), ("pt", "Jersey")}

# Names of large cities in our languages beyond CLDR's list of time zone cities.
EXONYMS = """
Munich|München|Múnich|Monaco di Baviera|Munique|Monachium|Мюнхен|ميونخ
Köln|Cologne|Colonia|Colônia|Keulen|Kolonia|Кёльн|Кельн
Milan|Milano|Mailand|Milán|Milão|Milaan|Mediolan
Naples|Napoli|Neapel|Nápoles|Napels|Neapol
Turin|Torino|Turín|Turim|Turyn
Genoa|Genova|Genua|Gênes|Génova
Frankfurt am Main|Frankfurt|Francfort|Francoforte|Fráncfort
Hamburg|Hambourg|Hamburgo|Amburgo
Nuremberg|Nürnberg|Norimberga|Núremberg|Norymberga
Hannover|Hanover|Hanovre
Leipzig|Lipsia|Lipsk
Dresden|Dresde|Dresda|Drezno
Saint Petersburg|St Petersburg|St. Petersburg|Sankt Petersburg|St.-Petersburg|Saint-Pétersbourg|San Petersburgo|San Pietroburgo|São Petersburgo|Санкт-Петербург|Санкт-Петербурге|Санкт-Петербурга|Петербург
Kyiv|Kiev|Kiew|Kijów|Kijowie|Kijowa|Киев|Київ|Києві|Києва|Києву|Києвом|كييف
Kharkiv|Kharkov|Charkiw|Charkow|Charków|Харьков|Харків|Харкові|Харкова|Jarkov|Járkov|Jarkiv|خاركيف
Odesa|Odessa|Одесса|Одеса|أوديسا
Lviv|Lemberg|Lwiw|Lwów|Львов|Львів|Львові|Львова|Leópolis
Dnipro|Dnipropetrovsk|Днепр|Дніпро|Дніпрі
Zaporizhzhya|Zaporizhzhia|Saporischschja|Zaporijjia|Zaporiyia|Запорожье|Запоріжжя
Donetsk|Donezk|Donieck|Донецк|Донецьк|Донецьку|Donjetsk
Moscow|Moskau|Moscou|Moscú|Mosca|Moscovo|Moskou|Moskwa|Moskwie|Moskwy|Moskwą|Moskova|Москва|موسكو
Warsaw|Warschau|Varsovie|Varsovia|Varsavia|Varsóvia|Warszawa|Warszawie|Warszawy|Варшава
Kraków|Krakow|Cracow|Krakau|Cracovie|Cracovia|Krakowie|Krakowa|Краков
Wrocław|Wroclaw|Breslau|Wrocławiu|Wrocławia
Poznań|Poznan|Posen|Poznaniu|Poznania
Łódź|Lodz|Łodzi
Prague|Praha|Prag|Praga|Praag|Прага
Vienna|Wien|Vienne|Viena|Wenen|Wiedeń|Wiedniu|Вена|Відень
London|Londres|Londra|Londen|Londyn|Londynie|Лондон|لندن
Paris|Parigi|París|Parijs|Paryż|Paryżu|Париж|باريس
Brussels|Brüssel|Bruxelles|Bruselas|Bruxelas|Brussel|Bruksela|Brukseli|Брюссель|بروكسل
Antwerp|Antwerpen|Anvers|Amberes|Anversa|Antuérpia
Copenhagen|København|Kopenhagen|Copenhague|Copenaghen|Kopenhaga|Копенгаген
Lisbon|Lisboa|Lissabon|Lisbonne|Lisbona|Lizbona
Rome|Roma|Rom|Rzym|Rzymie|Rzymu|Рим
Athens|Athen|Athènes|Atenas|Atene|Athene|Ateny
Belgrade|Beograd|Belgrad|Belgrado|Белград
Bucharest|București|Bukarest|Bucarest|Bucareste|Boekarest|Bukareszt|Бухарест
Beijing|Peking|Pékin|Pekín|Pechino|Pequim|Pekin|Пекин|Пекін|بكين
Jerusalem|Jérusalem|Jerusalén|Gerusalemme|Jerusalém|Jeruzalem|Jerozolima|Kudüs|Иерусалим|القدس
Cairo|Kairo|Le Caire|El Cairo|Il Cairo|Caïro|Kair|Kahire|Каир|القاهرة
Damascus|Damaskus|Damas|Damasco|Damaszek|Şam|Дамаск|دمشق
Aleppo|Alep|Alepo|Halep|Алеппо|حلب
Tehran|Teheran|Téhéran|Teherán|Teerã|Tahran|Тегеран|طهران
Baghdad|Bagdad|Bagdá|Bağdat|Багдад|بغداد
Beirut|Beyrouth|Beiroet|Bejrut|Beyrut|Бейрут|بيروت
Riyadh|Riad|Riyad|Rijad|Riyadh|Эр-Рияд|الرياض
Pyongyang|Pjöngjang|Pionyang|Pjongjang|Piongyang|Пхеньян|بيونغ يانغ|Pyeongyang
Seoul|Séoul|Seúl|Сеул|سيول
Tokyo|Tokio|Tóquio|Токио|Токіо|طوكيو
New York City|New York|Nueva York|Nova York|Nova Iorque|Nowy Jork|Nowym Jorku|Нью-Йорк|Нью-Йорке|نيويورك
Los Angeles|Лос-Анджелес|لوس أنجلوس
Washington|Washington DC|DC|Waszyngton|Waszyngtonie|Waszyngtonu|Вашингтон|Washington D.C.|واشنطن
Mexico City|Mexiko-Stadt|Ciudad de México|Cidade do México|Città del Messico|Мехико
Hong Kong|Hongkong|Гонконг|هونغ كونغ
Sevilla|Seville|Séville|Siviglia|Sevilha
Zaragoza|Saragossa|Saragosse
Lyon|Lione|Lyón
Marseille|Marsiglia|Marsella|Marselha|Marsylia|Marseilles
Gothenburg|Göteborg
Istanbul|İstanbul|Estambul|Istambul|Стамбул|إسطنبول
İzmir|Izmir
Ankara|Анкара|أنقرة
Mumbai|Bombay|Мумбаи
Kolkata|Calcutta
Bengaluru|Bangalore
Delhi|New Delhi|Neu-Delhi|Nueva Delhi|Nova Déli|Дели
Ho Chi Minh City|Saigon|Ho-Chi-Minh-Stadt
Chisinau|Chișinău|Chişinău|Kischinau|Кишинев|Кишинёв
Sevastopol|Sewastopol|Sébastopol|Севастополь
Mosul|Mossul|Mossoul|الموصل
Montréal|Montreal
Québec|Quebec City
Düsseldorf|Duesseldorf|Dusseldorf
Kryvyy Rih|Kryvyi Rih|Krywyj Rih|Кривой Рог|Кривий Ріг
Rostov-on-Don|Rostow am Don|Ростов-на-Дону
Nizhniy Novgorod|Nizhny Novgorod|Нижний Новгород
Ulan Bator|Ulaanbaatar
N'Djamena|Ndjamena
Kursk|Koursk|Kurska|Kursku|Курск|Курска|Курску|Курском|Курске|Курськ|Курська|Курську|Курськом|كورسك
Belgorod|Белгород|Белгороде|Белгорода|Бєлгород|بيلغورود
Luhansk|Lugansk|Луганск|Луганске|Луганськ
Kherson|Cherson|Chersoń|Jersón|Херсон|Херсоне|Херсона|Херсоні|خيرسون
Mariupol|Marioupol|Мариуполь|Мариуполя|Мариуполе|Маріуполь|Маріуполя|Маріуполі
Bakhmut|Bachmut|Бахмут|Бахмута|Бахмуте|Бахмуті|Bajmut
Sumy|Soumy|Сумы|Сумах|Суми
Rafah|Рафах|رفح
Fukushima|Фукусима
""".strip().splitlines()

# Large cities whose name is more often a person, a word or another place: named country needed.
NEAR = set("""Sofia Perm Kirov Cali Kochi Salvador Samara Kingston Columbus Austin Cartagena Trujillo Santiago
Birmingham Alexandria Valencia Córdoba Mérida Aden Oyo Jos Kota Sakai Malang Padang Serang Surat Agra Piura
Cuenca Orenburg Hamilton Newcastle Santos Puebla León Victoria Portland Jackson Houston Dallas Lima Kobe Bremen Cartago
Salta Suez Asmara Buda Beira Djibouti Singapore Panama Essen Manchester Charlotte Guntur Rangpur Mecca""".split())
NEAR -= {"Houston", "Dallas", "Lima", "Singapore", "Manchester", "Bremen", "Kobe", "Djibouti"}
# Never cities for us.
STOP = set("""Kennedy Van Golfe Carrefour Viana Natal Serra Rosario Guadalupe Erode Loni Pest Ali Aba Surrey Salem Teni
Most Police Split Nice Bath Reading Mobile Orange Obama Clinton York March Of Best Man Union Independence Enterprise Salé
Temple Hope Providence Paradise Liberty Liberal Normal Why Male Santo Mission Garland Irving Arlington Eugene Jackson
Aurora Victoria Florence Madison Lincoln Henderson Warren Carson Murray Allen Tyler Kent Laredo Macon Roosevelt Lincoln
Sterling Lancaster Wilmington Concord Palmer Mercedes Bergen Kaiser Moers Gera Ulm Essen Mora Lucena Santana Sousa Marin
Linden Evans Santiago Toledo Trujillo Gómez Diego Costa Barra Ponte Vitoria Vitória Victory Progress Central Centro Cerro
Colonial University Metro Sun Monte Corona Carmen Real Palma Antonio Franco Sparks Rialto Pasadena Ontario Peoria
Champaign Independence Surprise Hollywood Westminster Springfield Cambridge Oxford Cary Gary Miramar Clovis Hamilton Newcastle
Kingston Windsor Durham Burnaby Regina Guadeloupe Cordoba Georgetown Santa Rosa Elizabeth Charlotte Augusta Savannah Chandler
Gilbert Lowell Billings Murrieta Cartago Duran Durán Rufino Castro Neiva Angeles Kumba Mata Bari Ende Maria Sarh Wau
Soyo Uíge Lille Brest Nancy Tours Caen Angers Reims Metz Nantes""".split())
STOP -= {"Lille", "Brest", "Caen", "Angers", "Reims", "Metz", "Nantes", "Bari", "Ulm", "Gera", "Bergen", "Cambridge", "Oxford",
         "Savannah", "Santiago", "Hollywood", "Vitória", "Westminster", "Springfield", "Toledo", "Kingston"}

# City states stand among the countries; of two cities of one name the lesser known.
STOP |= {"Hong Kong", "Singapore", "Macau", "Djibouti"}
LESSER = {("Valencia", "VE"), ("Barcelona", "VE"), ("Mérida", "VE")}

CYRILLIC = re.compile(r"^[А-Яа-яЁёІіЇїЄєҐґ’ʼ' -]{4,}$")
ARABIC = re.compile(r"^[ء-ي ]{4,}$")


def fold(text):
    """Lower case, no marks: `São` -> `sao`."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).lower()


def slug(text):
    text = text.replace("ł", "l").replace("Ł", "L").replace("ß", "ss").replace("ı", "i").replace("ø", "o").replace("đ", "d").replace("Đ", "D")
    return re.sub(r"[^a-z0-9]+", "-", fold(text.replace("’", "").replace("'", ""))).strip("-")


def clean(name):
    return re.sub(r"\s*[(\[].*?[)\]]", "", name).replace("’", "'").strip()


def countries(names):
    rows = {}
    for column, language in enumerate(LANGUAGES):
        path = names / "main" / language / "territories.json"
        table = json.loads(path.read_text())["main"][language]["localeDisplayNames"]["territories"]
        for key, name in table.items():
            code = key.split("-alt-")[0]
            if len(code) != 2 or code in SKIP or code.isdigit():
                continue
            row = rows.setdefault(code, [[] for _ in LANGUAGES])
            if "(" in name and "-alt-" in key:
                continue
            for part in [clean(name)]:
                if (language, part) not in DROP and part not in row[column] and len(part) > 1:
                    row[column].append(part)
                if " & " in part:
                    row[column] += [p for p in [part.replace(" & ", " and ")] if language == "en"]
    for code, also in ALSO.items():
        for language, text in also.items():
            column = LANGUAGES.index(language)
            for name in text.split("|"):
                if name not in rows[code][column] and (language, name) not in DROP:
                    rows[code][column].append(name)
    with (HERE / "countries.tsv").open("w") as out:
        out.write("# Countries (ISO 3166-1 alpha-2) and their names. Built by build.py from CLDR 48.2 (Unicode-3.0), 2026-11.\n")
        out.write("# id\t" + "\t".join(LANGUAGES) + "\n")
        for code in sorted(rows):
            out.write("place/" + code + "\t" + "\t".join("|".join(column) for column in rows[code]) + "\n")
    return {name for row in rows.values() for column in row for name in column}


def exemplar_cities(dates):
    """English name -> names in our languages."""
    found = {}

    def walk(zone, path, language):
        for key, value in zone.items():
            if isinstance(value, dict):
                if "exemplarCity" in value:
                    found.setdefault(path + key, {})[language] = clean(value["exemplarCity"])
                walk(value, path + key + "/", language)

    for language in LANGUAGES:
        table = json.loads((dates / "main" / language / "timeZoneNames.json").read_text())
        walk(table["main"][language]["dates"]["timeZoneNames"]["zone"], "", language)
    return {names.get("en", key.split("/")[-1].replace("_", " ")): list(names.values()) for key, names in found.items()}


if __name__ == "__main__":
    countries(pathlib.Path(sys.argv[1]))
