"""Jobs for the SDK: a script with its folder is sent, run and followed."""
