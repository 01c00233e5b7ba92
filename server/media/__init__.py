"""Files: kept by digest, decoded and made anew in a bounded process, never by the serving one."""
