# SentimentModel: `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sentimentmodel
UV := $(or $(shell command -v uv 2>/dev/null),.cache/uv/bin/uv)
CLUSTER ?= lab
PACKAGES := operator pipeline serving model lab delivery testbed demo bench deploy docs requirements tests
IS_LAB_HOST := $(shell [ "$$(uname -s)" = Linux ] && [ "$$(id -u)" = 0 ] && echo yes)

export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := 1

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- setting up ---------------------------------------------------------------------------------------------------

.PHONY: setup
setup: $(VENV)/.native ## create .venv with everything, at the pinned versions

.cache/uv/bin/uv: requirements/uv.txt
	@echo "==> uv is not on PATH: installing it into .cache/uv"
	@$(PYTHON) -m venv .cache/uv
	@.cache/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.installed: requirements/dev.txt pyproject.toml | $(UV)
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.version_info >= (3, 11) or sys.exit(f"make: Python 3.11 or newer is needed, {v} was found as $(PYTHON): run make PYTHON=/path/to/python3.11")'
	@echo "==> installing the pinned requirements into $(VENV)"
	@$(UV) venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
	@$(UV) pip sync --quiet --compile-bytecode --python $(VENV) --require-hashes requirements/dev.txt
	@$(UV) pip install --quiet --python $(VENV) --no-deps --no-build-isolation --editable .
	@touch $@

# The model's core in Rust, optional: without cargo, the same runs in Python.
WHEELS := model/native/wheels
$(WHEELS)/.built: $(wildcard model/native/src/*.rs) model/native/Cargo.toml model/native/pyproject.toml requirements/crates.toml | $(VENV)/.installed
	@rm -f $(WHEELS)/*.whl
	@if ! command -v cargo >/dev/null; then \
	  echo "make: cargo was not found, so the model's core runs in Python, more slowly (install Rust and run make setup again)"; \
	else \
	  echo "==> building sentiment-native"; \
	  if { $(BIN)/python -m requirements.crates lock && \
	    CARGO_TARGET_DIR=$(CACHE)/cargo PATH="$(CURDIR)/$(BIN):$$PATH" maturin build --locked --release --out $(WHEELS) \
	    --manifest-path model/native/Cargo.toml --interpreter $(BIN)/python; } >$(WHEELS)/build.log 2>&1; then touch $@; \
	  else \
	    tail -n 15 $(WHEELS)/build.log; \
	    echo "make: sentiment-native was not built (see above), so the model's core runs in Python, more slowly"; \
	    [ -z "$${CI:-}" ] || exit 1; \
	  fi; \
	fi

$(VENV)/.native: $(VENV)/.installed $(WHEELS)/.built
	@for wheel in $(WHEELS)/*.whl; do \
	  [ ! -e "$$wheel" ] || $(UV) pip install --quiet --python $(VENV) --no-deps --reinstall "$$wheel"; done
	@touch $@

.PHONY: requirements
requirements: | $(UV) ## compile requirements/*.txt and crates.toml (with hashes, without index URLs)
	@for extra in operator serving mlflow; do \
	  $(UV) pip compile --quiet --upgrade pyproject.toml --extra $$extra $(COMPILE) --output-file requirements/$$extra.txt; done
	@$(UV) pip compile --quiet --upgrade pyproject.toml --all-extras $(COMPILE) --output-file requirements/dev.txt
	@if command -v cargo >/dev/null; then \
	  rm -f model/native/Cargo.lock && cargo generate-lockfile --quiet --manifest-path model/native/Cargo.toml && \
	  $(PYTHON) -m requirements.crates pin; \
	else echo "make: cargo was not found, so requirements/crates.toml is unchanged"; fi
COMPILE := --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
  --custom-compile-command "make requirements"

# --- checking -----------------------------------------------------------------------------------------------------

.PHONY: lint
lint: setup $(CACHE)/bin/actionlint ## ruff, import rules, words, workflows, Prometheus rules
	@echo "==> lint"
	@$(BIN)/ruff check --quiet $(PACKAGES)
	@$(BIN)/ruff format --quiet --check $(PACKAGES)
	@$(BIN)/lint-imports --no-cache | tail -n 3
	@$(CACHE)/bin/actionlint
	@! command -v cargo-fmt >/dev/null || cargo fmt --check --manifest-path model/native/Cargo.toml
	@$(BIN)/python -m docs.words
	@$(BIN)/zizmor --offline --quiet --no-progress .github
	@$(PROMTOOL) check config --lint=all --lint-fatal --syntax-only deploy/monitoring/prometheus/prometheus.yaml >/dev/null
	@$(PROMTOOL) check rules --lint=all --lint-fatal deploy/monitoring/rules/objectives.yaml deploy/monitoring/rules/sentiment.yaml >/dev/null
	@$(PROMTOOL) test rules tests/data/monitoring/alerts.yaml >/dev/null

PROMTOOL := $(BIN)/python -m lab promtool

.PHONY: reference
reference: setup ## write docs/reference.md from the resource definition
	@$(BIN)/python -m docs.reference

.PHONY: params-schema
params-schema: setup ## write pipeline/params.schema.json anew, with which editors complete params.yaml
	@$(BIN)/python -m sentiment_pipeline.params > pipeline/params.schema.json

.PHONY: monitoring
monitoring: setup ## write the rules and dashboards of deploy/monitoring [RUNBOOKS=https://...: the address of the runbooks]
	@$(BIN)/python -m deploy.monitoring.generator $(if $(RUNBOOKS),--runbooks "$(RUNBOOKS)")

ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
$(CACHE)/bin/actionlint: | setup
	@echo "==> building actionlint (once)"
	@mkdir -p $(@D) && $(BIN)/python -m lab go -- install $(ACTIONLINT)

.PHONY: types
types: setup ## mypy --strict
	@echo "==> types"
	@$(BIN)/mypy

.PHONY: unit
unit: setup ## unit tests: no server, no cluster
	@echo "==> unit tests"
	@$(BIN)/pytest -q -n 2 --dist loadfile tests/unit tests/test_model.py tests/test_flask_app.py

.PHONY: browser
browser: ## install Debian's chromium to test the serving page, unless a browser is installed
	@for name in chromium chromium-browser google-chrome; do ! command -v $$name >/dev/null || exit 0; done; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  echo "==> installing the Debian package chromium"; \
	  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium; } >/dev/null; \
	else echo "make: no chromium is installed, so the serving page is not tried in a browser (try: sudo make browser)"; fi

.PHONY: integration
integration: setup browser ## tests against real servers on this machine (S3, MLflow, the serving process, a browser)
	@echo "==> integration tests"
	@$(BIN)/pytest -q -n 2 --dist loadfile tests/integration

.PHONY: apiserver
apiserver: setup ## tests against etcd and a Kubernetes API server, without a cluster and without root (Linux)
	@echo "==> tests against an API server"
	@$(BIN)/pytest -q tests/apiserver

.PHONY: e2e
e2e: setup ## end-to-end tests on the lab's Kubernetes [TESTS="tests/e2e/test_rollout.py -k load"]
	@echo "==> end-to-end tests on a real cluster"
	@$(BIN)/python -m tests.e2e $(TESTS)

.PHONY: fuzz
fuzz: setup ## the model file's reader against damaged files [FUZZ_CASES=20000]
	@FUZZ_CASES=$(or $(FUZZ_CASES),20000) $(BIN)/pytest -q tests/unit/model/test_modelfile.py -k mutated

.PHONY: check
check: lint types unit ## the fast loop: lint, types, unit tests

.PHONY: test
test: check integration $(if $(filter Linux,$(shell uname -s)),apiserver) ## everything: check, integration, apiserver, end to end
ifeq ($(IS_LAB_HOST),yes)
	@$(MAKE) e2e
else
	@echo "make: the end-to-end tests (tests/e2e) did not run: the lab needs Linux and root (try: sudo make e2e)"
	@[ -z "$${CI:-}" ] || { echo "make: in CI a test that cannot run counts as a failure"; exit 1; }
endif

# --- delivering: the steps of CI, CD and the demo, one target each -----------------------------------------------------

WORKSPACE ?= .
NAME ?= sentiment-reviews
# Recipes read it as a variable of the shell: it may contain spaces, quotes and dollars.
export NAME
RESOURCE ?= reviews
NAMESPACE ?= default
REGISTERED := $(WORKSPACE)/reports/register.json
VERSION ?= $(shell sed -n 's/.*"version": *"\([0-9]*\)".*/\1/p' $(REGISTERED) 2>/dev/null)
TAG ?=
BASE ?= origin/main
STAGE = cd $(WORKSPACE) && PATH="$(CURDIR)/$(BIN):$$PATH" DVC_NO_ANALYTICS=1
DELIVERY = $(BIN)/python -m delivery --cluster $(CLUSTER)

.PHONY: train
train: setup ## dvc repro: ingest, prepare, data-report, train, evaluate [WORKSPACE=folder of dvc.yaml]
	@rm -f $(REGISTERED)
	@$(STAGE) dvc repro

.PHONY: refresh
refresh: setup ## fetch the raw reviews again, also if the name of the source is unchanged
	@$(STAGE) dvc repro --force --single-item ingest

.PHONY: cache-pull
cache-pull: setup ## fetch the results of earlier runs from DVC's remote [DVC_REMOTE=s3://bucket/prefix]
	@$(REMOTE)
	@$(STAGE) dvc fetch --run-cache

.PHONY: cache-push
cache-push: setup ## push the results of this run to DVC's remote, for later runs
	@$(REMOTE)
	@$(STAGE) dvc push --run-cache

REMOTE = $(if $(DVC_REMOTE),$(STAGE) dvc remote modify --local storage url "$(DVC_REMOTE)",:)

.PHONY: metric-diff
metric-diff: setup ## compare the trained model's metrics with a commit's, into reports/metric-diff.md [BASE=origin/main]
	@$(STAGE) PYTHONPATH="$(CURDIR)" python -m delivery.metric_diff "$(BASE)" --output reports/metric-diff.md

.PHONY: verify-model
verify-model: setup ## the pipeline's gates: tests/test_model.py and tests/test_flask_app.py on the trained model
	@MODEL_DIR="$(abspath $(WORKSPACE))/models/current" $(BIN)/pytest -q tests/test_model.py tests/test_flask_app.py

.PHONY: gate
gate: setup ## compare the trained model with the champion; with VERSION, alias it `challenger`
	@$(STAGE) sentiment-pipeline gate --name "$$NAME" $(if $(VERSION),--version $(VERSION))

.PHONY: register
register: setup ## register the trained model in MLflow (the same digest is registered once)
	@$(STAGE) sentiment-pipeline register --name "$$NAME" --output reports/register.json

.PHONY: images
images: setup ## build both images and push them to $REGISTRY [TAG=...] [ATTEST=yes: push bill of materials and provenance]
	@$(DELIVERY) images $(if $(TAG),--tag $(TAG)) $(if $(ATTEST),--attest)

.PHONY: install
install: setup ## install the operator with those images [OVERLAY=deploy/overlays/eks]
	@$(DELIVERY) install

.PHONY: rollout
rollout: setup ## patch the SentimentModel to VERSION, wait twice, smoke-test [MANIFEST=file to create it from]
	@$(DELIVERY) rollout $(RESOURCE) --version $(VERSION) --namespace $(NAMESPACE) $(if $(MANIFEST),--manifest $(MANIFEST))

.PHONY: promote
promote: setup ## alias VERSION `champion`, if the cluster serves it
	@$(STAGE) sentiment-pipeline promote --name "$$NAME" --version $(VERSION) --resource $(RESOURCE) --namespace $(NAMESPACE)

.PHONY: summary
summary: setup ## print how the delivery of VERSION ended; the last line names the serving version, or the failure
	@$(DELIVERY) summary $(RESOURCE) --namespace $(NAMESPACE) $(if $(VERSION),--version $(VERSION))

# --- releasing ----------------------------------------------------------------------------------------------------

.PHONY: audit
audit: setup ## known vulnerabilities of the dependencies (queries the advisory databases on the network)
	@for name in operator serving mlflow dev; do \
	  echo "==> pip-audit of requirements/$$name.txt"; \
	  $(UV) tool run --from $(PIP_AUDIT) pip-audit --disable-pip --require-hashes --requirement requirements/$$name.txt; done
	@echo "==> cargo audit of model/native"
	@[ -x $(CACHE)/audit/bin/cargo-audit ] || cargo install --quiet --locked --root $(CACHE)/audit $(CARGO_AUDIT)
	@$(BIN)/python -m requirements.crates lock
	@cd model/native && $(CACHE)/audit/bin/cargo-audit audit

PIP_AUDIT := pip-audit==2.10.1
CARGO_AUDIT := cargo-audit@0.22.2

.PHONY: dist
dist: setup ## build a release into dist/: wheels, install.yaml, the resource definition, notes [TAG=v1.2.3]
	@rm -rf dist
	@$(BIN)/hatchling build --target wheel --directory dist
	@for wheel in $(WHEELS)/*.whl; do cp "$$wheel" dist/; done
	@$(BIN)/python -m delivery.release "$(TAG)" --registry "$(REGISTRY)" --folder dist

# --- running ------------------------------------------------------------------------------------------------------

.PHONY: demo
demo: setup ## the main job, end to end, on a real cluster [DATA=reviews.csv|imdb] [CLUSTER=lab|current]
	@$(BIN)/python -m demo --cluster "$(CLUSTER)" $(if $(DATA),--data "$(DATA)")

.PHONY: local
local: train ## no cluster: dvc repro, then serve the model on http://127.0.0.1:5000
	@echo "==> serving on http://127.0.0.1:5000 (Ctrl-C stops it)"
	@$(BIN)/python -m sentiment_serving serve --model models/current/model.safetensors

.PHONY: run
run: setup ## the operator of this checkout, on this machine, against the cluster of KUBECONFIG [NAMESPACE=the one to watch]
	@$(BIN)/python -m delivery.run $(if $(filter file,$(origin NAMESPACE)),,--namespace "$(NAMESPACE)")

.PHONY: down
down: ## stop the lab and remove everything it made (caches stay)
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m lab down; fi

.PHONY: bench
bench: setup ## list the benchmarks
	@echo "make bench-model DATA=... [GROUP=...] [ONLY=...]"
	@echo "make bench-alerts"
	@echo "make bench-serving [DATA=...] [GROUP=...] [ONLY=...] [SOAK=seconds]"
	@echo "make bench-rollout [ONLY=...], of:"
	@$(BIN)/python -m bench.rollout --names | sed 's/^/  /'

.PHONY: bench-model
bench-model: setup ## counting, predictions and recipes against scikit-learn, into docs/bench-model.md [DATA=file GROUP=column ONLY=part,...]
	@[ -n "$(DATA)" ] || { echo "make: name the reviews: make bench-model DATA=reviews.csv GROUP=film"; exit 1; }
	@$(BIN)/python -m bench.model --data "$(DATA)" $(if $(GROUP),--group "$(GROUP)") $(if $(ONLY),--only "$(ONLY)")

.PHONY: bench-serving
bench-serving: setup ## the serving process against MLflow's, FastAPI and Flask, into docs/bench-serving.md [DATA=file GROUP=column ONLY=part,... SOAK=seconds]
	@$(BIN)/python -m bench.serving $(if $(DATA),--data "$(DATA)") $(if $(GROUP),--group "$(GROUP)") $(if $(ONLY),--only "$(ONLY)") $(if $(SOAK),--soak "$(SOAK)")

.PHONY: bench-rollout
bench-rollout: setup ## rollouts under load on the lab, into docs/bench-rollout.md [ONLY=good,flipped]
	@$(BIN)/python -m bench.rollout $(if $(ONLY),--only "$(ONLY)")

.PHONY: bench-alerts
bench-alerts: setup ## cause every alert and run every panel's queries on the lab, into docs/bench-alerts.md and docs/dashboards
	@$(BIN)/python -m bench.alerts

.PHONY: clean
clean: down ## also remove .venv, workspaces and build results (the cache under ~/.cache/sentimentmodel stays)
	@rm -rf $(WHEELS)/*.whl $(WHEELS)/.built $(VENV) .cache .demo build dist data models reports .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
