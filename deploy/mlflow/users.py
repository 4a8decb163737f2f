"""Prepares MLflow's login before its server starts: configuration, database of users, users and their rights.

The init container `users` runs it. Each start sets passwords and rights again, so that a changed Secret and a restart
rotate the passwords. Users and rights that an administrator adds are kept.
"""

import os
from configparser import ConfigParser
from pathlib import Path
from typing import Any

ADMIN = "admin"
RIGHTS = {
    ADMIN: {},
    # It resolves versions. Without EDIT on versions it cannot write its tags, nor the tag with the digest.
    "operator": {"registered_model": "READ", "logged_model": "READ"},
    # It registers versions and moves aliases, also of models that another user created.
    "delivery": {"registered_model": "EDIT", "experiment": "EDIT"},
}
"""User -> kind of object -> permission on all objects of that kind."""

DEFAULT_PERMISSION = "NO_PERMISSIONS"
"""What any other user may do with an object that was not granted or created."""


def write_configuration(path: Path, database_uri: str) -> None:
    """Write the file of MLFLOW_AUTH_CONFIG_PATH, readable by its owner only: the address holds a password."""
    configuration = ConfigParser(interpolation=None)
    configuration["mlflow"] = {
        # MLflow reads the file with interpolation.
        "database_uri": database_uri.replace("%", "%%"),
        "default_permission": DEFAULT_PERMISSION,
        "admin_username": ADMIN,
        # Otherwise MLflow hashes the password several times for each request.
        "auth_cache_ttl_seconds": "60",
    }
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    with path.open("w") as file:
        configuration.write(file)


def ensure_user(store: Any, name: str, password: str) -> None:
    """Create a user, or set the password and the rights of an existing one."""
    if store.has_user(name):
        store.update_user(name, password=password, is_admin=name == ADMIN)
    else:
        store.create_user(name, password, is_admin=name == ADMIN)
    for kind, permission in RIGHTS[name].items():
        store.grant_user_permission(name, kind, "*", permission)


def main() -> None:
    """Read the environment: the database, the configuration's path, and one password per user."""
    database_uri = os.environ["MLFLOW_BACKEND_STORE_URI"]
    passwords = {name: os.environ[f"{name.upper()}_PASSWORD"] for name in RIGHTS}
    write_configuration(Path(os.environ["MLFLOW_AUTH_CONFIG_PATH"]), database_uri)

    # It reads the configuration while it is imported.
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore()
    store.init_db(database_uri)
    for name, password in passwords.items():
        ensure_user(store, name, password)
    print(f"prepared the users {', '.join(passwords)}")


if __name__ == "__main__":
    main()
