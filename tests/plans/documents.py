"""測試用的方案原文。"""

from pathlib import Path

import campaigns

REAL = (Path(campaigns.__file__).parent / "sample" / "situation-report.txt").read_text("utf-8")

SMALL = """某縣民政局2026年文明行業創建工作方案
一、工作目標
1、窗口服務規範。窗口服務群眾滿意率達到90%以上；辦事指南齊全。
2、平安有序。全縣無重大火災事故。
二、主要任務
1、規範服務。6月底前公開辦事程序和收費標準（牽頭單位：婚姻登記處，配合單位：局辦公室）。
2、加強培訓。每季度組織一次禮儀培訓。
三、組織領導
1、成立領導小組，組長由局長擔任。
"""
