"""彙報以外的公文：任務分解表、催辦單。只拼內容，版式在 reports.rendering。"""
