"""Who works the rows, and how they hear that there are some. A queue carries hints; the truth is in the rows."""
