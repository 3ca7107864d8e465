"""Records of predictions: the archive, SQL over it, and the tail of open segments."""

from unshelf.runtime.old_numpy import hide_old_numpy

hide_old_numpy()
