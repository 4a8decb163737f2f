"""From a source of raw reviews to cleaned, labelled, split reviews (stages `ingest`, `prepare`, `data-report`)."""
