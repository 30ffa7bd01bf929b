package userdb

import (
	"fmt"
	"math"
	"slices"
)

// A User is what a process runs as.
type User struct {
	UID, GID uint32
	// Groups are the supplementary groups, sorted. Engines put GID among them;
	// runc before 1.3 puts there what it takes for it.
	Groups []uint32
}

// An Answer is what an engine makes of a USER. The error says why the
// container doesn't start.
type Answer struct {
	Engine string
	User   User
	// AllGroups tells that the supplementary groups were looked up.
	AllGroups bool
	Err       error
}

// Resolve resolves the USER spec for each kind of engine: with the databases
// that Docker finds, which has a way of its own to follow links, and with those
// that the kernel finds, which are containerd's.
func Resolve(spec string, docker, kernel Databases) []Answer {
	old := moby{maxGroupLine: MaxFile + 2, directories: true}
	once, onceErr := old.resolve(spec, docker)
	again, againErr := once, onceErr
	if onceErr == nil {
		again, againErr = old.again(once, docker)
	}
	next, nextErr := moby{maxGroupLine: maxGroupLine, strict: true}.resolve(spec, docker)
	other, otherErr := containerd(spec, kernel)
	return []Answer{
		answer("Docker", once, onceErr),
		answer("Docker with runc before 1.3", again, againErr),
		answer("moby/sys/user 0.5", next, nextErr),
		answer(containerdName, other, otherErr),
	}
}

func answer(engine string, u User, err error) Answer {
	if err == nil {
		err = u.settle()
	}
	return Answer{Engine: engine, User: u, AllGroups: engine != containerdName, Err: err}
}

// maxGroups is how many groups Linux gives a process.
const maxGroups = 65536

// settle sorts the groups and finds what the kernel refuses.
func (u *User) settle() error {
	if len(u.Groups) > maxGroups {
		return fmt.Errorf("%d groups, Linux takes %d", len(u.Groups), maxGroups)
	}
	slices.Sort(u.Groups)
	u.Groups = slices.Compact(u.Groups)
	for _, id := range append([]uint32{u.UID}, u.Groups...) {
		if id == math.MaxUint32 {
			return fmt.Errorf("the ID %d, which Linux takes for none", id)
		}
	}
	return nil
}
