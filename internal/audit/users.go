package audit

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"devops-go/internal/userdb"
)

// isRoot reports whether there are engines by which the image runs as root.
func (a *auditor) isRoot() bool { return len(a.rootBy()) > 0 }

// rootBy are the engines by which the image runs as root.
func (a *auditor) rootBy() []string {
	var engines []string
	for _, answer := range a.accounts.answers {
		if answer.Err == nil && answer.User.UID == 0 {
			engines = append(engines, answer.Engine)
		}
	}
	return engines
}

func checkRoot(a *auditor, found func(Finding)) {
	if a.windows() {
		a.checkAdministrator(found)
		return
	}
	engines := a.rootBy()
	if len(engines) == 0 {
		return
	}
	message := "no USER is set"
	if user := a.img.Config.Config.User; user != "" {
		message = "USER " + user
		if name, _, _ := strings.Cut(user, ":"); name != "root" && name != "0" {
			message += ", which is the user ID 0"
		}
	}
	if len(engines) < len(a.accounts.answers) {
		message += ", by " + strings.Join(engines, ", ")
	}
	found(Finding{Step: a.lastStep("USER"), Message: message})
}

// checkAdministrator finds a user who may do all in a container of Windows: the
// one that is taken where none is set.
func (a *auditor) checkAdministrator(found func(Finding)) {
	const administrator = "ContainerAdministrator"
	user := a.img.Config.Config.User
	name := user[strings.LastIndexByte(user, '\\')+1:]
	switch {
	case user == "":
		found(Finding{Message: "no USER is set, which is " + administrator})
	case strings.EqualFold(name, administrator), strings.EqualFold(name, "Administrator"):
		found(Finding{Step: a.lastStep("USER"), Message: "USER " + user})
	}
}

// checkUser finds a USER that engines can't resolve.
func checkUser(a *auditor, found func(Finding)) {
	engines := map[string][]string{}
	var faults []string
	for _, answer := range a.accounts.answers {
		if answer.Err == nil {
			continue
		}
		fault := answer.Err.Error()
		if engines[fault] == nil {
			faults = append(faults, fault)
		}
		engines[fault] = append(engines[fault], answer.Engine)
	}
	if len(faults) == 0 {
		return
	}
	for i, fault := range faults {
		if by := engines[fault]; len(by) < len(a.accounts.answers) {
			faults[i] = strings.Join(by, ", ") + ": " + fault
		}
	}
	found(Finding{Step: a.lastStep("USER"), Message: strings.Join(faults, "; "), key: "user"})
}

// checkAgreement finds a USER that engines resolve to different users, be it
// that they find different files.
func checkAgreement(a *auditor, found func(Finding)) {
	byIDs := map[string][]userdb.Answer{}
	var users []string
	for _, answer := range a.accounts.answers {
		if answer.Err != nil {
			continue
		}
		ids := fmt.Sprintf("%d:%d", answer.User.UID, answer.User.GID)
		if byIDs[ids] == nil {
			users = append(users, ids)
		}
		byIDs[ids] = append(byIDs[ids], answer)
	}
	if len(users) > 1 {
		for i, ids := range users {
			var engines []string
			for _, answer := range byIDs[ids] {
				engines = append(engines, answer.Engine)
			}
			users[i] += " by " + strings.Join(engines, ", ")
		}
		found(Finding{Step: a.lastStep("USER"), Message: "the user is " + strings.Join(users, "; "), key: "user"})
		return
	}
	for _, same := range byIDs {
		for _, answer := range same[1:] {
			if answer.AllGroups && same[0].AllGroups && !slices.Equal(answer.User.Groups, same[0].User.Groups) {
				found(Finding{Step: a.lastStep("USER"), key: "groups", Message: fmt.Sprintf("the groups are %s by %s; %s by %s",
					numbers(same[0].User.Groups), same[0].Engine, numbers(answer.User.Groups), answer.Engine)})
				return
			}
		}
	}
}

// numbers lists the first few IDs.
func numbers(ids []uint32) string {
	const most = 8
	var list []string
	for _, id := range ids[:min(len(ids), most)] {
		list = append(list, strconv.FormatUint(uint64(id), 10))
	}
	if more := len(ids) - most; more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	return strings.Join(list, ", ")
}

// finding returns a finding at the file of a user database.
func (f *account) finding(message string) Finding {
	return Finding{Layer: f.node.Layer() + 1, Path: "/" + f.node.Path(), Message: message, key: message}
}

func checkPasswords(a *auditor, found func(Finding)) {
	for _, f := range []*account{&a.accounts.passwd, &a.accounts.shadow} {
		if f.node == nil {
			continue
		}
		if err := f.Err(); err != nil {
			found(f.finding("can't be looked at: " + err.Error()))
			continue
		}
		for line := range bytes.Lines(f.Data) {
			name, rest, ok := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
			password, _, _ := bytes.Cut(rest, []byte(":"))
			if ok && len(password) == 0 && isAccount(string(name)) {
				found(f.finding(string(name) + " has no password"))
			}
		}
	}
}

// isAccount tells names from comments and from what NIS reads.
func isAccount(name string) bool { return name != "" && !strings.ContainsAny(name[:1], "+-#") }

func checkIDs(a *auditor, found func(Finding)) {
	for _, database := range []struct {
		file    *account
		entries func(userdb.File) ([]userdb.Entry, error)
	}{{&a.accounts.passwd, userdb.Users}, {&a.accounts.group, userdb.Groups}} {
		entries, err := database.entries(database.file.File)
		if err != nil {
			continue // which [checkUser] tells
		}
		names := map[uint32][]string{}
		var shared []uint32
		for _, e := range entries {
			if id := e.Number(); isAccount(e.Name) && len(names[id]) < maxNames && !slices.Contains(names[id], e.Name) {
				names[id] = append(names[id], e.Name)
				if len(names[id]) == 2 {
					shared = append(shared, id)
				}
			}
		}
		for _, id := range shared {
			found(database.file.finding(strings.Join(names[id], ", ") + " have the ID " + strconv.FormatUint(uint64(id), 10)))
		}
	}
}
