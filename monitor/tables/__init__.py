"""Rate tables: counting a case, reading rates, comparing arms, subject flow."""
