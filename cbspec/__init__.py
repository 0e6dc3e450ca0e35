"""The harness: YAML claims become a plan of stages, measurements and statistical verdicts. Knows no torch and no engine."""
