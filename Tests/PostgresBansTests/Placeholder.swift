// The suite of shared quotas against real PostgreSQL servers.
import Testing
