//go:build !unix

package main

import "io"

// terminalWidth returns 0: terminals are only told from files on Unix.
func terminalWidth(io.Writer) int { return 0 }
