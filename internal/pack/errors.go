package pack

import (
	"fmt"
	"strings"

	"devops-go/internal/oci"
)

// A ModeError says that nobody may execute a program.
type ModeError struct{ Path string }

func (e *ModeError) Error() string { return "not executable" }

// A SystemError says that a program is for another system than Linux.
type SystemError struct{ System string }

func (e *SystemError) Error() string {
	return fmt.Sprintf("a program for %s, not for Linux", e.System)
}

// A SamePlatformError says that two executables are for one platform.
type SamePlatformError struct {
	Platform oci.Platform
	Paths    [2]string
}

func (e *SamePlatformError) Error() string {
	return fmt.Sprintf("%q and %q are both for %s", e.Paths[0], e.Paths[1], e.Platform)
}

// A DynamicError says that an executable needs what the image hasn't got.
type DynamicError struct {
	Executable *Executable
	// Missing is what was looked for in the image; nil where nothing but the
	// executable is in it.
	Missing []string
}

func (e *DynamicError) Error() string {
	text := "dynamically linked: it needs " + e.Executable.needs()
	if e.Missing != nil {
		text += ", of which the image lacks " + strings.Join(e.Missing, ", ")
	}
	return text
}
