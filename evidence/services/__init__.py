"""佐證材料庫、體檢、迎檢資料包。文件和它們掛在哪裏（EvidenceFile、EvidenceLink）在 tasks，這裏是怎樣找、怎樣查、怎樣交出去。"""
