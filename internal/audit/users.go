package audit

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"devops-go/internal/layers"
)

// accounts returns the lines of a user database, taken apart, its file, and
// whether it could be read; what isn't there is read as empty.
func (a *auditor) accounts(database string) (lines [][]string, file *layers.Node, known bool) {
	file = a.stack.Resolve("/" + database)
	if file == nil || file.Entry == nil {
		return nil, nil, true
	}
	inode := file.Entry.Inode()
	f := a.facts[inode]
	if f == nil || f.text == nil {
		return nil, file, inode.Size == 0
	}
	for line := range bytes.Lines(f.text) {
		if fields := strings.Split(strings.TrimSpace(string(line)), ":"); len(fields) > 1 {
			lines = append(lines, fields)
		}
	}
	return lines, file, true
}

// lookUp returns the fields of the line of name in a user database, and
// whether there is a database at all that could be read.
func (a *auditor) lookUp(database, name string) (fields []string, known bool) {
	lines, _, known := a.accounts(database)
	for _, fields := range lines {
		if fields[0] == name {
			return fields, true
		}
	}
	return nil, known
}

func checkUser(a *auditor, found func(Finding)) {
	user, group := a.user()
	if a.windows() {
		return
	}
	for _, part := range []struct{ what, name, database string }{{"user", user, "etc/passwd"}, {"group", group, "etc/group"}} {
		if _, err := strconv.ParseUint(part.name, 10, 32); err == nil || part.name == "" {
			continue
		}
		if fields, known := a.lookUp(part.database, part.name); fields == nil && known {
			found(Finding{Step: a.lastStep("USER"), Message: part.what + " " + part.name + " is not in /" + part.database, key: part.what})
		}
	}
}

// inFile returns a finding at the file of a user database.
func inFile(file *layers.Node, message string) Finding {
	return Finding{Layer: file.Layer() + 1, Path: "/" + file.Path(), Message: message, key: message}
}

func checkPasswords(a *auditor, found func(Finding)) {
	for _, database := range []string{"etc/passwd", "etc/shadow"} {
		lines, file, _ := a.accounts(database)
		for _, fields := range lines {
			if fields[1] == "" && fields[0] != "" && !strings.ContainsAny(fields[0][:1], "+-#") { // NIS, comments
				found(inFile(file, fields[0]+" has no password"))
			}
		}
	}
}

func checkIDs(a *auditor, found func(Finding)) {
	lines, file, _ := a.accounts("etc/passwd")
	users := map[string][]string{}
	var ids []string
	for _, fields := range lines {
		if len(fields) < 3 || fields[2] == "" {
			continue
		}
		if id := fields[2]; !slices.Contains(users[id], fields[0]) {
			users[id] = append(users[id], fields[0])
			if len(users[id]) == 2 {
				ids = append(ids, id)
			}
		}
	}
	for _, id := range ids {
		found(inFile(file, strings.Join(users[id], ", ")+" have the ID "+id))
	}
}
