//go:build !linux

package main

import "syscall"

// attributes: only Linux sends a signal when a parent dies.
func attributes() *syscall.SysProcAttr { return nil }
