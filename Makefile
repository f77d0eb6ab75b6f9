# SPDX-License-Identifier: Apache-2.0
# Every target sets up what it needs. `make help` lists them.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
export PYTHONPATH := operator:.

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is not on the PATH; install Python 3.11 or newer, or name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked Python packages into $(VENV) (once)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/pip check --quiet --disable-pip-version-check
	@touch $@

.PHONY: setup
setup: $(VENV)/.installed ## create .venv with the locked packages

.PHONY: build
build: setup ## build the control plane's binaries into the user's cache (once a version)
	$(BIN)/python -m localcluster build

.PHONY: demo
demo: setup ## the whole story on a real API server: place, measure, move, survive a cut, explain (KEEP=1 leaves it running)
	$(BIN)/python -m localcluster build etcd kube-apiserver kube-controller-manager kube-scheduler kubectl kwok toxiproxy
	$(BIN)/python -m demo $(if $(KEEP),--keep)

.PHONY: test
test: build ## unit, architecture and integration tests
	$(BIN)/pytest -n 2 tests/unit tests/architecture
	$(BIN)/pytest -n 3 --dist loadfile tests/localcluster tests/integration

.PHONY: explore
explore: setup ## the property tests of the engine and the rest, on new dice, with many more worlds (minutes)
	HYPOTHESIS_PROFILE=explore WORLD_EXAMPLES=400 STORM_EXAMPLES=100 $(BIN)/pytest -n 2 tests/unit

.PHONY: check
check: setup ## every gate: format, lint, types, import contracts, dependencies, docs, dead code, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy -p localcluster
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/deptry operator/aiworkload
	$(BIN)/interrogate -q operator/aiworkload
	$(BIN)/vulture
	$(BIN)/pytest -q -p no:randomly tests/architecture
	$(MAKE) --no-print-directory generate-check

.PHONY: generate
generate: setup ## write crds/, the chart's CRDs, manifests/ and docs/reference/ from the code
	$(BIN)/python -m tools.generate

.PHONY: generate-check
generate-check: generate
	@git diff --exit-code --stat -- crds charts manifests docs/reference || { echo "make generate left a diff: commit what it wrote" >&2; exit 1; }

.PHONY: lock
lock: ## resolve the dependency lock files anew
	$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --extra dev -o requirements-dev.lock pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --build-deps-for wheel --only-build-deps -o requirements-build.lock pyproject.toml

.PHONY: bench
bench: setup ## the engine's benchmarks: speed, quality, replay, stability (minutes; benchmarks/README.md tells each)
	$(BIN)/python -m benchmarks.engine
	$(BIN)/python -m benchmarks.assignment_quality
	$(BIN)/python -m benchmarks.replay --short
	$(BIN)/python -m benchmarks.stability_week --short

.PHONY: bench-all
bench-all: build ## every benchmark but the one that needs root, those beside a real control plane and the long replays included
	$(BIN)/python -m benchmarks.engine
	$(BIN)/python -m benchmarks.scheduler_cpu
	$(BIN)/python -m benchmarks.snapshot_assembly
	$(BIN)/python -m benchmarks.assignment_quality
	$(BIN)/python -m benchmarks.joint_advice
	$(BIN)/python -m benchmarks.replay
	$(BIN)/python -m benchmarks.stability_week
	$(BIN)/python -m benchmarks.coordinates
	$(BIN)/python -m benchmarks.probing_scale
	$(BIN)/python -m benchmarks.agent_cost
	$(BIN)/python -m benchmarks.apply_to_bound

.PHONY: cluster-up
cluster-up: setup ## start a control plane; prints `export KUBECONFIG=...`
	@$(BIN)/python -m localcluster up

.PHONY: cluster-down
cluster-down: setup ## stop it and leave nothing behind
	@$(BIN)/python -m localcluster down

.PHONY: lab-up
lab-up: setup ## start the lab: real nodes at four sites on emulated links (root; LAB_INSTALL=0: install no package)
	@$(BIN)/python -m localcluster lab up

.PHONY: lab-down
lab-down: setup ## stop the lab and leave nothing behind
	@$(BIN)/python -m localcluster lab down

# What a test waits for is no time to build in.
.PHONY: lab-built
lab-built: setup
	$(BIN)/python -m localcluster lab check --install --tests
	$(BIN)/python -m localcluster build --all
	$(BIN)/python -m localcluster image operator
	$(BIN)/python -m localcluster image triton

LAB   := tests/e2e/product
TRUTH := $(LAB)/test_agents_measure_the_truth.py
# The product in three labs, then alone what other labs on the same processors would spoil. All is run, whatever fails.
.PHONY: test-lab
test-lab: lab-built ## the tests that need the lab: the lab itself, then the product in three labs at once (root; half an hour)
	@failed=0; \
	$(BIN)/pytest -v -n 2 --dist loadfile tests/e2e --ignore=$(LAB) || failed=1; \
	$(BIN)/pytest -v -p no:randomly -n 3 --dist loadfile --no-loadscope-reorder $(LAB) --ignore=$(TRUTH) || failed=1; \
	LAB_ADD=1 $(BIN)/pytest -v -p no:randomly $(TRUTH) || failed=1; \
	exit $$failed

.PHONY: test-lab-short
test-lab-short: lab-built ## the product in the lab, in short: a slow link moves a workload and back, a plant is cut off (root; 5 min)
	LAB_SHORT=1 $(BIN)/pytest -v -p no:randomly -n 2 --dist loadfile \
		$(LAB)/test_a_slow_link_moves_a_workload_and_back.py $(LAB)/test_a_plant_is_cut_off.py

.PHONY: run
run: setup ## run the operator against the cluster that KUBECONFIG names (applies the CRDs first; the Lease lives in `default`)
	@$$($(BIN)/python -m localcluster build kubectl | cut -f2) apply --server-side -f crds/
	@AIWORKLOAD_NAMESPACE=$${AIWORKLOAD_NAMESPACE:-default} AIWORKLOAD_LOG_FORMAT=$${AIWORKLOAD_LOG_FORMAT:-text} $(BIN)/aiworkload-operator
