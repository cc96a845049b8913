//go:build !unix && !windows

package gguf

import (
	"errors"
	"os"
)

const canMap = false // files are read

func mapFile(*os.File, int) ([]byte, func() error, error) { return nil, nil, errors.ErrUnsupported }
