"""The pages that readers and editors see, served by `publisher run` and by the demo."""
