"""真的故障演練（make faults）：真的 Celery worker、Redis、PostgreSQL 和郵件服務器，走完六十天。

平時的測試不跑它；結果表寫進 docs/faults.md。
"""
