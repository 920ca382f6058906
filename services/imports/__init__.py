"""Files into registers (A4, B5, B9, C1): one door for all kinds.

bytes -> read_file (no database; a broken file ends here) -> run_import in one transaction -> Report
"""

from services.imports.door import KINDS, ReadFile, Report, read_file, report_of, reports, run_import
from services.imports.rejects import rejects_of

__all__ = ["KINDS", "ReadFile", "Report", "read_file", "rejects_of", "report_of", "reports", "run_import"]
