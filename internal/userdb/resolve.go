package userdb

import (
	"fmt"
	"math"
	"slices"
)

// A User is what a process runs as.
type User struct {
	UID, GID uint32
	// Groups are all groups of the process, GID among them, sorted.
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

// Resolve resolves the USER spec for each kind of engine. The lexical databases
// are those that Docker finds, which follows links by their names and takes
// a/.. for nothing; the others are as the kernel finds them.
func Resolve(spec string, lexical, kernel Databases) []Answer {
	old := moby{maxGroupLine: MaxFile + 2, directories: true}
	docker, dockerErr := old.resolve(spec, lexical)
	again, againErr := docker, dockerErr
	if dockerErr == nil {
		again, againErr = old.again(docker, kernel)
	}
	next, nextErr := moby{maxGroupLine: maxGroupLine, strict: true}.resolve(spec, lexical)
	other, otherErr := containerd(spec, kernel)
	return []Answer{
		answer("Docker", docker, dockerErr),
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
