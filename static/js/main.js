// The page's entry point.
