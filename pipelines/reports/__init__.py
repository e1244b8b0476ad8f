"""Reports: what a release says, as HTML pages and PDF documents."""
