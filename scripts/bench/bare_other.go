//go:build !linux

package main

import "os"

const durable = os.O_SYNC

func yieldProcessor() {}
