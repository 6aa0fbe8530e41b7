// The tables of accounts in PostgreSQL, version by version; docs/accounts.md describes them.

import PostgresClient

/// The steps from one version of the tables to the next. A step that has been released is never changed.
///
/// Everything is in the schema `weftpd`. Each part of it has a version of its own in `weftpd.components`, so that other parts can
/// stand beside the accounts.
enum PostgresSchema {
  /// What changes are told on: `u` and a user's name, or `*` for all.
  static let channel = "weftpd_accounts"

  /// What makes version N of version N - 1, N from 1.
  static let steps = [
    """
    CREATE TABLE weftpd.users (
      name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
      hash text NOT NULL,
      home text,
      access text
    );
    CREATE TABLE weftpd.user_options (
      user_name text COLLATE "C" NOT NULL REFERENCES weftpd.users (name) ON DELETE CASCADE ON UPDATE CASCADE,
      key text NOT NULL,
      value text NOT NULL,
      PRIMARY KEY (user_name, key)
    );
    CREATE FUNCTION weftpd.tell_user() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
    BEGIN
      IF TG_OP <> 'INSERT' THEN PERFORM pg_notify('weftpd_accounts', 'u' || OLD.name); END IF;
      IF TG_OP <> 'DELETE' THEN PERFORM pg_notify('weftpd_accounts', 'u' || NEW.name); END IF;
      RETURN NULL;
    END $$;
    CREATE FUNCTION weftpd.tell_user_option() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
    BEGIN
      IF TG_OP <> 'INSERT' THEN PERFORM pg_notify('weftpd_accounts', 'u' || OLD.user_name); END IF;
      IF TG_OP <> 'DELETE' THEN PERFORM pg_notify('weftpd_accounts', 'u' || NEW.user_name); END IF;
      RETURN NULL;
    END $$;
    CREATE FUNCTION weftpd.tell_all() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
    BEGIN
      PERFORM pg_notify('weftpd_accounts', '*');
      RETURN NULL;
    END $$;
    CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON weftpd.users
      FOR EACH ROW EXECUTE FUNCTION weftpd.tell_user();
    CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON weftpd.user_options
      FOR EACH ROW EXECUTE FUNCTION weftpd.tell_user_option();
    CREATE TRIGGER tell_all AFTER TRUNCATE ON weftpd.users
      FOR EACH STATEMENT EXECUTE FUNCTION weftpd.tell_all();
    CREATE TRIGGER tell_all AFTER TRUNCATE ON weftpd.user_options
      FOR EACH STATEMENT EXECUTE FUNCTION weftpd.tell_all();
    """,
    """
    CREATE TABLE weftpd.groups (
      name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
      home text,
      access text
    );
    CREATE TABLE weftpd.group_options (
      group_name text COLLATE "C" NOT NULL REFERENCES weftpd.groups (name) ON DELETE CASCADE ON UPDATE CASCADE,
      key text NOT NULL,
      value text NOT NULL,
      PRIMARY KEY (group_name, key)
    );
    CREATE TABLE weftpd.memberships (
      user_name text COLLATE "C" NOT NULL REFERENCES weftpd.users (name) ON DELETE CASCADE ON UPDATE CASCADE,
      position integer NOT NULL,
      group_name text COLLATE "C" NOT NULL REFERENCES weftpd.groups (name) ON UPDATE CASCADE,
      PRIMARY KEY (user_name, position),
      UNIQUE (user_name, group_name)
    );
    CREATE INDEX ON weftpd.memberships (group_name);
    CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON weftpd.memberships
      FOR EACH ROW EXECUTE FUNCTION weftpd.tell_user_option();
    CREATE TRIGGER tell_all AFTER TRUNCATE ON weftpd.memberships
      FOR EACH STATEMENT EXECUTE FUNCTION weftpd.tell_all();
    CREATE TRIGGER tell_all AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON weftpd.groups
      FOR EACH STATEMENT EXECUTE FUNCTION weftpd.tell_all();
    CREATE TRIGGER tell_all AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON weftpd.group_options
      FOR EACH STATEMENT EXECUTE FUNCTION weftpd.tell_all();
    """,
  ]

  static let part = PostgresPart("accounts", contents: "accounts", steps: steps)

  /// The version this program knows.
  static var current: Int { part.current }

  /// The version of the tables; 0 without any.
  static func version(_ connection: PostgresConnection) throws(PostgresError) -> Int { try part.version(connection) }

  /// Makes tables of version `target` of those there are. Within a transaction of the caller's.
  static func migrate(
    _ connection: PostgresConnection, from version: Int, to target: Int = current
  ) throws(PostgresError) {
    try part.migrate(connection, from: version, to: target)
  }

  /// Why tables of `version` cannot be used; nil when they can.
  static func fault(_ version: Int) -> String? { part.fault(version) }
}
