package levers

var pidfd = Lever{
	Name:    "pidfd",
	What:    "process descriptors (pidfd_open)",
	Relies:  "nothing here starts or awaits a process",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		"os/exec",
		"os.StartProcess",
		"os.FindProcess",
	},
	Edits: []Edit{
		{File: "os/pidfd_linux.go", Old: "var checkPidfdOnce = sync.OnceValue(checkPidfd)", New: "func checkPidfdOnce() error { return ErrInvalid }"},
		{File: "os/pidfd_linux.go", Old: `	"sync"
`, New: ""},
	},
}
