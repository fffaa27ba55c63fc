#!/usr/bin/env python
"""Django 的命令行入口。"""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pingtan_civ.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # 配置寫錯是人的事，一句話比調用棧有用。
        sys.exit(str(error))


if __name__ == "__main__":
    main()
