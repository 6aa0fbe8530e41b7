// The tables and functions of shared quotas in PostgreSQL, version by version; docs/limits.md describes them.

import PostgresClient

/// Counts, each server's share in them, and who counts directories.
///
/// What a server *holds* of a directory is how much it may have there: what it has, and what it has reserved. All that servers hold
/// together is never more than a quota allows, so none has to ask the others before it writes within what it holds. Times are those of the
/// database, so servers' clocks do not matter.
///
/// `host` is the `quotas.server` that a process began with. When a successor takes the name, the old process goes on under another one with
/// the same `host`: both change the same disk, so each part is only what that process has changed, as it is where files are shared.
public enum QuotaSchema {
  package static let part = PostgresPart("quotas", contents: "quotas", steps: [first])

  /// `quota_effective` is what others have to leave to a server: all that it holds while it lives, and also after a crash as long as nobody
  /// can tell what is there. Bytes that were only to be moved are free again when it is gone.
  private static let first = """
    CREATE TABLE weftpd.quota_servers (
      server text COLLATE "C" PRIMARY KEY CHECK (server <> ''),
      run text NOT NULL,
      alive_until timestamptz NOT NULL,
      host text COLLATE "C" NOT NULL
    );
    CREATE TABLE weftpd.quota_counts (
      subject text COLLATE "C" NOT NULL,
      server text COLLATE "C" NOT NULL REFERENCES weftpd.quota_servers (server) ON DELETE CASCADE,
      bytes bigint NOT NULL,
      files bigint NOT NULL,
      held_bytes bigint NOT NULL,
      held_files bigint NOT NULL,
      in_use boolean NOT NULL DEFAULT false,
      wanted boolean NOT NULL DEFAULT false,
      changed timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (subject, server)
    );
    CREATE INDEX ON weftpd.quota_counts (changed);
    CREATE INDEX ON weftpd.quota_counts (server) WHERE wanted;
    CREATE TABLE weftpd.quota_scans (
      subject text COLLATE "C" NOT NULL,
      disk text COLLATE "C" NOT NULL,
      server text COLLATE "C" NOT NULL REFERENCES weftpd.quota_servers (server) ON DELETE CASCADE,
      PRIMARY KEY (subject, disk)
    );
    CREATE TABLE weftpd.quota_requests (
      subject text COLLATE "C" NOT NULL,
      server text COLLATE "C" NOT NULL REFERENCES weftpd.quota_servers (server) ON DELETE CASCADE,
      PRIMARY KEY (subject, server)
    );

    CREATE FUNCTION weftpd.quota_alive(of_server text) RETURNS boolean LANGUAGE sql STABLE AS $$
      SELECT coalesce(
        (SELECT alive_until > clock_timestamp() FROM weftpd.quota_servers WHERE server = of_server), false)
    $$;

    -- Whose files a server sees: the same text for all who see the same.
    CREATE FUNCTION weftpd.quota_disk(of_server text, is_shared boolean) RETURNS text LANGUAGE sql STABLE AS $$
      SELECT CASE WHEN is_shared THEN '' ELSE (SELECT host FROM weftpd.quota_servers WHERE server = of_server) END
    $$;

    CREATE FUNCTION weftpd.quota_effective(count weftpd.quota_counts, OUT bytes bigint, OUT files bigint)
    LANGUAGE sql STABLE AS $$
      SELECT CASE WHEN a THEN greatest(count.bytes, count.held_bytes) ELSE count.bytes END,
        CASE WHEN a THEN greatest(count.files, count.held_files) ELSE count.files END
      FROM (SELECT count.in_use OR weftpd.quota_alive(count.server) AS a) AS alive
    $$;

    -- Locks subjects until the end of the transaction, always in the same order.
    CREATE FUNCTION weftpd.quota_lock(subjects text[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE key integer;
    BEGIN
      FOR key IN SELECT DISTINCT hashtext(s) FROM unnest(subjects) AS s ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock(2003133804, key);
      END LOOP;
    END $$;

    -- What the others have of subjects, and hold of them.
    CREATE FUNCTION weftpd.quota_others(me text, subjects text[])
    RETURNS TABLE (subject text, bytes bigint, files bigint, held_bytes bigint, held_files bigint)
    LANGUAGE sql STABLE AS $$
      SELECT c.subject, sum(c.bytes)::bigint, sum(c.files)::bigint, sum(e.bytes)::bigint, sum(e.files)::bigint
      FROM weftpd.quota_counts c, weftpd.quota_effective(c) e
      WHERE c.subject = ANY (subjects) AND c.server <> me GROUP BY c.subject
    $$;

    -- Has a server hold what it has of subjects (have_*), and more of those that grow: need_* at least, extra_* if there is room.
    -- Bounds are limits, each with the positions of its subjects. The state is granted, short, or asked: others are asked to tell what they
    -- have really, and to give back what they do not use; after that, another call that is not the first finds what has come of it.
    CREATE FUNCTION weftpd.quota_hold(
      me text, subjects text[], have_bytes bigint[], have_files bigint[], grows boolean[],
      need_bytes bigint, need_files bigint, extra_bytes bigint, extra_files bigint,
      bound_subjects text[], bound_bytes bigint[], bound_files bigint[], is_first boolean)
    RETURNS TABLE (state text, subject text, held_bytes bigint, held_files bigint,
      others_bytes bigint, others_files bigint, others_held_bytes bigint, others_held_files bigint)
    LANGUAGE plpgsql AS $$
    DECLARE
      verdict text := 'granted';
      more_bytes bigint := extra_bytes;
      more_files bigint := extra_files;
      chosen integer[];
      left_bytes numeric;
      left_files numeric;
      b integer;
    BEGIN
      PERFORM weftpd.quota_lock(subjects);
      -- What others wait for is not taken again at once.
      IF EXISTS (SELECT FROM weftpd.quota_counts c WHERE c.server = me AND c.subject = ANY (subjects) AND c.wanted) THEN
        more_bytes := 0;
        more_files := 0;
      END IF;
      FOR b IN 1 .. coalesce(array_length(bound_subjects, 1), 0) LOOP
        chosen := string_to_array(bound_subjects[b], ' ')::integer[];
        SELECT bound_bytes[b] - coalesce(sum(have_bytes[i] + CASE WHEN grows[i] THEN need_bytes ELSE 0 END), 0),
          bound_files[b] - coalesce(sum(have_files[i] + CASE WHEN grows[i] THEN need_files ELSE 0 END), 0)
        INTO left_bytes, left_files FROM unnest(chosen) AS i;
        SELECT left_bytes - coalesce(sum(o.held_bytes), 0), left_files - coalesce(sum(o.held_files), 0)
        INTO left_bytes, left_files
        FROM weftpd.quota_others(me, ARRAY(SELECT subjects[i] FROM unnest(chosen) AS i)) AS o;
        IF (need_bytes > 0 AND left_bytes < 0) OR (need_files > 0 AND left_files < 0) THEN
          verdict := 'short';
          IF is_first THEN
            UPDATE weftpd.quota_counts c SET wanted = true
            WHERE c.subject IN (SELECT subjects[i] FROM unnest(chosen) AS i) AND c.server <> me
              AND weftpd.quota_alive(c.server) AND (c.in_use OR c.held_bytes > c.bytes OR c.held_files > c.files);
          END IF;
          IF EXISTS (SELECT FROM weftpd.quota_counts c WHERE c.subject IN (SELECT subjects[i] FROM unnest(chosen) AS i)
            AND c.server <> me AND c.wanted AND weftpd.quota_alive(c.server)) THEN verdict := 'asked'; END IF;
          EXIT;
        END IF;
        -- Bounds whose several subjects grow give each its extra.
        more_bytes := greatest(0, least(more_bytes, left_bytes / greatest(1, (SELECT count(*) FROM unnest(chosen) AS i
          WHERE grows[i]))))::bigint;
        more_files := greatest(0, least(more_files, left_files / greatest(1, (SELECT count(*) FROM unnest(chosen) AS i
          WHERE grows[i]))))::bigint;
      END LOOP;
      IF verdict <> 'granted' THEN need_bytes := 0; need_files := 0; more_bytes := 0; more_files := 0; END IF;
      INSERT INTO weftpd.quota_counts AS c (subject, server, bytes, files, held_bytes, held_files)
      SELECT s, me, 0, 0, hb + CASE WHEN g THEN need_bytes + more_bytes ELSE 0 END,
        hf + CASE WHEN g THEN need_files + more_files ELSE 0 END
      FROM unnest(subjects, have_bytes, have_files, grows) AS u (s, hb, hf, g)
      ON CONFLICT ON CONSTRAINT quota_counts_pkey DO UPDATE SET held_bytes = EXCLUDED.held_bytes,
        held_files = EXCLUDED.held_files, wanted = false, changed = clock_timestamp();
      RETURN QUERY SELECT verdict, c.subject, c.held_bytes, c.held_files, coalesce(o.bytes, 0), coalesce(o.files, 0),
        coalesce(o.held_bytes, 0), coalesce(o.held_files, 0)
      FROM weftpd.quota_counts c LEFT JOIN weftpd.quota_others(me, subjects) o ON o.subject = c.subject
      WHERE c.server = me AND c.subject = ANY (subjects);
    END $$;

    -- A server begins to change what is in a directory; false while another counts it.
    CREATE FUNCTION weftpd.quota_mark(
      me text, of_subject text, has_bytes bigint, has_files bigint, is_shared boolean)
    RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM weftpd.quota_lock(ARRAY[of_subject]);
      IF EXISTS (SELECT FROM weftpd.quota_scans s
        WHERE s.subject = of_subject AND s.disk = weftpd.quota_disk(me, is_shared) AND s.server <> me
          AND weftpd.quota_alive(s.server)) THEN RETURN false; END IF;
      INSERT INTO weftpd.quota_counts (subject, server, bytes, files, held_bytes, held_files, in_use)
      VALUES (of_subject, me, has_bytes, has_files, has_bytes, has_files, true)
      ON CONFLICT (subject, server) DO UPDATE SET bytes = EXCLUDED.bytes, files = EXCLUDED.files, in_use = true,
        changed = clock_timestamp();
      RETURN true;
    END $$;

    -- A server wants to count; false until nobody else changes anything there. Those who see the same files stop on demand.
    CREATE FUNCTION weftpd.quota_scan_begin(me text, of_subject text, is_shared boolean)
    RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM weftpd.quota_lock(ARRAY[of_subject]);
      INSERT INTO weftpd.quota_scans AS s (subject, disk, server)
      VALUES (of_subject, weftpd.quota_disk(me, is_shared), me)
      ON CONFLICT (subject, disk) DO UPDATE SET server = EXCLUDED.server
      WHERE s.server = me OR NOT weftpd.quota_alive(s.server);
      IF NOT FOUND THEN
        -- Another one is about to count. This one changes nothing before it has counted, too: who counts must not wait for it.
        UPDATE weftpd.quota_counts c SET in_use = false WHERE c.subject = of_subject AND c.server = me;
        RETURN false;
      END IF;
      INSERT INTO weftpd.quota_counts (subject, server, bytes, files, held_bytes, held_files, in_use)
      VALUES (of_subject, me, 0, 0, 0, 0, true)
      ON CONFLICT (subject, server) DO UPDATE SET in_use = true;
      RETURN NOT EXISTS (SELECT FROM weftpd.quota_counts c
        WHERE c.subject = of_subject AND c.server <> me AND c.in_use AND weftpd.quota_alive(c.server)
          AND weftpd.quota_disk(c.server, is_shared) = weftpd.quota_disk(me, is_shared));
    END $$;

    -- Takes what was counted: all that those have who see the same files. Gives this server's part.
    CREATE FUNCTION weftpd.quota_scan_end(me text, of_subject text, INOUT has_bytes bigint, INOUT has_files bigint,
      is_shared boolean)
    LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM weftpd.quota_lock(ARRAY[of_subject]);
      -- Parts of servers that are gone are in what was counted.
      DELETE FROM weftpd.quota_counts c
      WHERE c.subject = of_subject AND c.server <> me AND NOT weftpd.quota_alive(c.server)
        AND weftpd.quota_disk(c.server, is_shared) = weftpd.quota_disk(me, is_shared);
      SELECT has_bytes - coalesce(sum(c.bytes), 0), has_files - coalesce(sum(c.files), 0) INTO has_bytes, has_files
      FROM weftpd.quota_counts c WHERE c.subject = of_subject AND c.server <> me
        AND weftpd.quota_disk(c.server, is_shared) = weftpd.quota_disk(me, is_shared);
      UPDATE weftpd.quota_counts c SET bytes = has_bytes, files = has_files,
        held_bytes = greatest(c.held_bytes, has_bytes), held_files = greatest(c.held_files, has_files),
        in_use = true, changed = clock_timestamp()
      WHERE c.subject = of_subject AND c.server = me;
      DELETE FROM weftpd.quota_scans s WHERE s.subject = of_subject AND s.server = me;
      DELETE FROM weftpd.quota_requests r WHERE r.subject = of_subject AND r.server = me;
    END $$;

    -- What servers had that are gone is kept in one row for all of them, of a server that never lives.
    CREATE FUNCTION weftpd.quota_fold() RETURNS void LANGUAGE plpgsql AS $$
    DECLARE gone text;
    BEGIN
      INSERT INTO weftpd.quota_servers VALUES ('-', '', '-infinity', '-') ON CONFLICT DO NOTHING;
      FOR gone IN SELECT s.server FROM weftpd.quota_servers s
        WHERE s.server <> '-' AND s.alive_until < clock_timestamp() FOR UPDATE SKIP LOCKED LOOP
        WITH moved AS (
          DELETE FROM weftpd.quota_counts c WHERE c.server = gone AND NOT c.in_use RETURNING subject, bytes, files)
        INSERT INTO weftpd.quota_counts AS c (subject, server, bytes, files, held_bytes, held_files)
        SELECT subject, '-', bytes, files, bytes, files FROM moved
        ON CONFLICT (subject, server) DO UPDATE SET bytes = c.bytes + EXCLUDED.bytes, files = c.files + EXCLUDED.files,
          changed = clock_timestamp();
        DELETE FROM weftpd.quota_servers s
        WHERE s.server = gone AND NOT EXISTS (SELECT FROM weftpd.quota_counts c WHERE c.server = gone);
      END LOOP;
    END $$;

    -- A successor takes the name of a server: that goes on as another one, with all it has and holds. May be called again.
    CREATE FUNCTION weftpd.quota_leave(me text, of_run text, new_name text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM weftpd.quota_servers s WHERE s.server = new_name) THEN RETURN; END IF;
      PERFORM FROM weftpd.quota_servers s WHERE s.server = me AND s.run = of_run FOR UPDATE;
      IF NOT FOUND THEN
        -- The successor was quicker, and what was here has been taken for a dead server's: it is counted again.
        INSERT INTO weftpd.quota_servers VALUES (new_name, of_run, '-infinity', me);
        RETURN;
      END IF;
      INSERT INTO weftpd.quota_servers
      SELECT new_name, s.run, s.alive_until, s.host FROM weftpd.quota_servers s WHERE s.server = me;
      UPDATE weftpd.quota_counts c SET server = new_name WHERE c.server = me;
      UPDATE weftpd.quota_scans s SET server = new_name WHERE s.server = me;
      UPDATE weftpd.quota_servers s SET run = '', alive_until = clock_timestamp() WHERE s.server = me;
    END $$;

    -- A server begins that has files of its own: what its predecessors had is its own now.
    CREATE FUNCTION weftpd.quota_join(me text) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE gone text;
    BEGIN
      FOR gone IN SELECT s.server FROM weftpd.quota_servers s
        WHERE s.host = me AND s.server <> me AND s.alive_until < clock_timestamp() FOR UPDATE SKIP LOCKED LOOP
        WITH moved AS (
          DELETE FROM weftpd.quota_counts c WHERE c.server = gone RETURNING subject, bytes, files, in_use)
        INSERT INTO weftpd.quota_counts AS c (subject, server, bytes, files, held_bytes, held_files, in_use)
        SELECT subject, me, bytes, files, bytes, files, in_use FROM moved
        ON CONFLICT (subject, server) DO UPDATE SET bytes = c.bytes + EXCLUDED.bytes, files = c.files + EXCLUDED.files,
          in_use = c.in_use OR EXCLUDED.in_use, changed = clock_timestamp();
        DELETE FROM weftpd.quota_servers s WHERE s.server = gone;
      END LOOP;
    END $$;
    """
}
