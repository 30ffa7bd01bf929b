package audit

func fileRules() []Rule {
	return append(secretRules(), []Rule{
		{
			ID: "TARE-F001", Title: "Set-uid or set-gid program", Severity: Warning,
			Looks: "executable files with the set-uid or set-gid bit, also where it comes with another name of the file",
			Why:   "Whoever may run it gets its owner's rights; a flaw in it gives them root.",
			Fix:   "chmod a-s it in the layer that makes it, or run with no-new-privileges", Aliases: []string{"CIS-DI-0008", "CIS Docker 4.8"},
			file: checkSetID,
		},
		{
			ID: "TARE-F002", Title: "World-writable", Severity: Warning,
			Looks: "files that all may write, and directories without the sticky bit that all may write",
			Why:   "Any process can replace what others trust.",
			Fix:   "chmod o-w it, or chmod +t the directory, in the layer that makes it", Aliases: []string{},
			file: checkWritable,
		},
		{
			ID: "TARE-F005", Title: "Git repository", Severity: Warning,
			Looks: ".git directories, in every layer",
			Why:   "It has every version of every file, with the secrets that were once in them.",
			Fix:   "add .git to .dockerignore", Aliases: []string{"DKL-LI-0003"},
			image: checkGit,
		},
		{
			ID: "TARE-F007", Title: "Shell history", Severity: Warning,
			Looks: ".bash_history, .ash_history, .python_history and the like, in every layer",
			Why:   "It records what somebody typed, passwords included, and shows that the image was made by hand.",
			Fix:   "build from a Dockerfile, or delete it in the layer that makes it", Aliases: []string{},
			file: checkShellHistory,
		},
		{
			ID: "TARE-F010", Title: "Build tools in the image", Severity: Warning,
			Looks: "compilers, linkers, make and the like that a container sees",
			Why:   "They weigh more than what they built, and help an attacker who gets in.",
			Fix:   "build in one stage, and copy the result to another", Aliases: []string{"CIS Docker 4.3"},
			image: checkTools,
		},
		{
			ID: "TARE-F011", Title: "Source code in the image", Severity: Warning,
			Looks: "sources of compiled languages that a container sees, outside of /usr/share, /usr/include and /usr/lib",
			Why:   "The program doesn't need it, and it may not be meant for everyone who can pull the image.",
			Fix:   "build in one stage, and copy the result to another", Aliases: []string{},
			image: checkSources,
		},
		{
			ID: "TARE-F012", Title: "Cache of a language's package manager", Severity: Warning,
			Looks: "caches of pip, npm, yarn, Go, cargo, Maven, Gradle, conda and others, in every layer",
			Why:   "Nothing in a container uses it; a later layer that deletes it saves nothing.",
			Fix:   "use RUN --mount=type=cache, or pip --no-cache-dir and its like", Aliases: []string{"DKL-LI-0003", "DL3042", "DL3060"},
			image: cacheRule(false),
		},
		{
			ID: "TARE-F013", Title: "Debug information in an executable", Severity: Warning,
			Looks: "symbol tables and DWARF of 64 KiB or more in ELF executables that a container sees",
			Why:   "Programs run without it.",
			Fix:   "build with -ldflags='-s -w', or strip it", Aliases: []string{},
			file: checkDebug,
		},
		{
			ID: "TARE-F014", Title: "Loader or library missing", Severity: Error,
			Looks: "the loader and the libraries that dynamic executables name",
			Why:   "The program doesn't start: \"no such file or directory\", though the file is there.",
			Fix:   "build with CGO_ENABLED=0 or -static, or use a base that has the libraries", Aliases: []string{},
			file: checkLibraries,
		},
		{
			ID: "TARE-F015", Title: "TLS without roots", Severity: Warning,
			Looks: "build information and symbols of Go programs, system roots in the image; a guess",
			Why:   "Connections fail: \"certificate signed by unknown authority\".",
			Fix:   "copy /etc/ssl/certs/ca-certificates.crt into the image, or embed golang.org/x/crypto/x509roots/fallback", Aliases: []string{},
			file: checkRoots,
		},
		{
			ID: "TARE-F016", Title: "The same content twice", Severity: Warning,
			Looks: "files of 1 MB or more with the same content under different names, by their content",
			Why:   "Every copy is stored and pulled.",
			Fix:   "make a link, in the same layer", Aliases: []string{},
			image: checkDuplicates,
		},
		{
			ID: "TARE-F017", Title: "Device node", Severity: Warning,
			Looks: "character and block devices, in every layer, and hard links to them",
			Why:   "The runtime makes the devices of a container; one in a layer gives access to the host's device where it may be opened.",
			Fix:   "don't make it in the image", Aliases: []string{},
			file: checkDevice,
		},
		{
			ID: "TARE-F018", Title: "Link out of the tree", Severity: Info,
			Looks: "absolute links to what the image doesn't have, links that climb above the root; not those into /proc, /dev, /sys, /run, /tmp",
			Why:   "It leads nowhere in a container, and out of the tree for whoever unpacks it on a host.",
			Fix:   "remove the link, or make it relative", Aliases: []string{},
			file: checkLink,
		},
		{
			ID: "TARE-F019", Title: "File capabilities", Severity: Warning,
			Looks: "the extended attribute security.capability of files that a container sees",
			Why:   "Whoever may run it gets the capability, as with set-uid: with cap_dac_override an unprivileged user writes to any file.",
			Fix:   "setcap -r it in the layer that makes it, or run with no-new-privileges", Aliases: []string{},
			file: checkCapabilities,
		},
		{
			ID: "TARE-F025", Title: "Engines disagree", Severity: Warning,
			Looks: "entries that overlay2, containerd and others unpack differently or refuse: whiteouts of what the same layer has, names with .wh., links into other layers, unlisted directories with another owner or mode below, and the like",
			Why:   "What a container sees depends on what unpacks the image, and may differ from what was audited.",
			Fix:   "build the layer with a common builder, and list directories before what is in them", Aliases: []string{},
			image: checkDisagreements,
		},
	}...)
}

func secretRules() []Rule {
	return []Rule{
		{
			ID: "TARE-F003", Title: "Private key", Severity: Error,
			Looks: "contents and names of files, key stores (PKCS#12, JKS, KeePass, GnuPG), programs, what is compressed or in UTF-16 or base64; not under testdata, examples or /usr/share/doc",
			Why:   "Everyone who can pull the image has the key.",
			Fix:   "mount it when the container starts, and replace the key", Aliases: []string{"CIS-DI-0010"},
			file: secretRule(privateKey),
		},
		{
			ID: "TARE-F004", Title: "Environment file", Severity: Error,
			Looks: ".env and .env.*, but not .env.example and the like",
			Why:   "It is where projects keep their passwords.",
			Fix:   "add it to .dockerignore, give its values to the container when it starts", Aliases: []string{"CIS-DI-0010"},
			file: secretRule(dotEnv),
		},
		{
			ID: "TARE-F006", Title: "Credentials", Severity: Error,
			Looks: "files in which tools keep logins: .aws/credentials, .docker/config.json, .npmrc, .netrc, .kube/config and others",
			Why:   "Everyone who can pull the image can use them.",
			Fix:   "use RUN --mount=type=secret, and revoke the ones that leaked", Aliases: []string{"CIS-DI-0010"},
			file: secretRule(credentials),
		},
		{
			ID: "TARE-F008", Title: "Deleted secret", Severity: Error,
			Looks: "private keys, environment files, credentials and tokens that a later layer deletes or overwrites",
			Why:   "The lower layer still has it: deleting hides it from the container, not from those who pull the image.",
			Fix:   "use RUN --mount=type=secret or a build stage, and revoke what leaked", Aliases: []string{"CIS-DI-0010"},
			file: checkDeleted,
		},
		{
			ID: "TARE-F009", Title: "Token in a file", Severity: Error,
			Looks: "contents, those of programs and gzip files too, for the known formats of tokens and keys; settings and sources for values of sensitive names (password, token, secret key)",
			Why:   "Everyone who can pull the image can use it.",
			Fix:   "give it to the container when it starts, and revoke the one that leaked", Aliases: []string{"CIS-DI-0010"},
			file: secretRule(token),
		},
		{
			ID: "TARE-F022", Title: "Secret in a name", Severity: Error,
			Looks: "names of files, targets of links and extended attributes, in every layer",
			Why:   "Everyone who can pull the image can read it.",
			Fix:   "rename the file, and revoke the secret", Aliases: []string{"CIS-DI-0010"},
			image: checkNames,
		},
		{
			ID: "TARE-F021", Title: "Secret in a whiteout", Severity: Error,
			Looks: "contents of the entries that remove files of lower layers, and of those that are the storage driver's own",
			Why:   "No container shows it; everyone who has the image has it.",
			Fix:   "rebuild the layer, and revoke the secret", Aliases: []string{"CIS-DI-0010"},
			image: checkHidden,
		},
		{
			ID: "TARE-F020", Title: "Sample secret of a library", Severity: Info,
			Looks: "keys, environment files and tokens below test, tests, t, spec, demo or samples of an installed library",
			Why:   "Everyone has it already: used outside tests, it protects nothing.",
			Fix:   "leave the tests of libraries out of the image", Aliases: []string{},
			file: secretRule(sample),
		},
	}
}
