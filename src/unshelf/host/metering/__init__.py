"""Metering: what each program on this machine used, as the kernel accounts it, with nothing counted twice and nothing left out."""
