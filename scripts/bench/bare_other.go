//go:build !linux

package main

import (
	"errors"
	"os"
)

const durable = os.O_SYNC

func yieldProcessor() {}

func polledPipe(uintptr) (*os.File, error) { return nil, errors.ErrUnsupported }
