"""Records to entities. What is the same for all readers is encoded once; what is not is joined to it."""
