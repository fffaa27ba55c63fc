"""樣例賬號：每次安裝各有一套隨機密碼，存在 var/demo-accounts.json（權限 0600）。"""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from people.models import User

FILE_NAME = "demo-accounts.json"
# 不用容易認錯的 0 O 1 l I；三組四位約 59 比特。
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Account:
    """賬號文件的一項。department 是單位名稱，領導小組的人寫席位所在。"""

    role: str
    username: str
    password: str
    department: str
    name: str = ""


@dataclass(frozen=True)
class Person:
    """樣例裏的一個人：除組長外都以職務稱呼，不編姓名。"""

    username: str
    name: str
    role: str
    department: str
    position: int = 100
    is_admin: bool = False


def new_password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def known_passwords(path: Path) -> dict[str, str]:
    """賬號文件裏記着的密碼；沒有文件或文件壞了就一個也沒有。"""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {str(row["username"]): str(row["password"]) for row in rows}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def write(path: Path, accounts: list[Account]) -> None:
    """整個換掉，讀的人不會看到寫了一半的文件。"""
    text = json.dumps([asdict(account) for account in accounts], ensure_ascii=False, indent=1)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    temporary.replace(path)
    path.chmod(0o600)


def open_accounts(people: list[Person], path: Path) -> dict[str, User]:
    """缺的賬號建好；文件裏已記着的人一律不動（密碼、姓名可能已被改過）。"""
    passwords = known_passwords(path)
    existing = {
        user.username: user
        for user in User.objects.filter(username__in=[person.username for person in people])
    }
    users: dict[str, User] = {}
    for person in people:
        user = existing.get(person.username)
        if user is None:
            user = _create(person, passwords.setdefault(person.username, new_password()))
        elif person.username not in passwords:
            passwords[person.username] = new_password()
            user.set_password(passwords[person.username])
            user.save(update_fields=["password"])
        users[person.username] = user
    write(
        path,
        [Account(p.role, p.username, passwords[p.username], p.department, p.name) for p in people],
    )
    return users


def _create(person: Person, password: str) -> User:
    return User.objects.create_user(
        person.username,
        password=password,
        name=person.name,
        position=person.position,
        is_staff=person.is_admin,
        is_superuser=person.is_admin,
    )
