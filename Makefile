# 常用命令。make demo 與 make test 在空的機器上就能用，其餘供日常開發。
SHELL := /bin/sh
PY := .venv/bin/python
WORKERS ?= 2
TYPED := pingtan_civ/lib $(wildcard */policies.py */policies */services.py */services */jobs.py)

.PHONY: help demo test test-browser bench faults lint format messages screenshot pins
.DEFAULT_GOAL := help

help: ## 列出這些命令
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## 安裝依賴、建庫、裝樣例並啟動（PORT=8001 換端口，TODAY=2026-11-23 定日期）
	@tools/environment run
	@exec $(PY) manage.py demo

test: ## 運行全部測試（不需要任何服務在運行）
	@tools/environment dev
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-browser: ## 用真實 Chromium 走一遍主要流程
	@tools/environment dev
	@$(PY) -m pytest -q -m browser tests/browser

bench: ## 量速度，打印比值（BENCH_ROWS=1000000 加量；設 DATABASE_URL 用 PostgreSQL）
	@tools/environment dev
	@$(PY) -m pytest -q -s -m bench benchmarks

faults: ## 真的故障演練：kill -9、停 Redis、郵件服務器不應，走完六十天（要 PostgreSQL 和 redis-server）
	@tools/environment dev
	@$(PY) -m tests.faults --write docs/faults.md $(FAULTS)

lint: ## 代碼、格式、模板、依賴方向、類型
	@tools/environment dev
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check .
	@find templates -name '*.html' -o -name '*.txt' | sort | xargs .venv/bin/djade --check --target-version 5.2
	@$(PY) -c 'import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))' >/dev/null || .venv/bin/lint-imports
	@$(PY) -m mypy --no-error-summary $(TYPED)
	@echo "檢查通過。"

format: ## 按約定排版代碼和模板
	@tools/environment dev
	@$(PY) -m ruff check --fix --quiet .
	@$(PY) -m ruff format --quiet .
	@find templates -name '*.html' | sort | xargs .venv/bin/djade --target-version 5.2 || true  # 有改動時它以 1 退出

messages: ## 重新生成繁簡目錄
	@$(PY) -m tools.catalogue

screenshot: ## 重拍 README 頂上的圖
	@$(PY) -m tools.screenshot

pins: ## 按 .venv 現狀重寫 constraints.txt
	@$(PY) tools/pin.py
