"""What every room stands on: settings, database, clock, errors, jobs, log-ins and the timeline."""
