//go:build !linux

package main

import "os/exec"

// attributes does nothing: only Linux sends a signal when a parent process ends.
func attributes(*exec.Cmd) {}
