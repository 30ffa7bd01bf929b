package audit

func fileRules() []Rule {
	return append(secretRules(), []Rule{
		{
			ID: "TARE-F001", Title: "Set-uid or set-gid program", Severity: Warning,
			Looks: "executable files with the set-uid or set-gid bit, even if another name of the file (hard link) carries it",
			Why:   "Whoever runs it gets the rights of its owner, so a flaw in it can give root access.",
			Fix:   "remove the bit with chmod a-s in the layer that creates the file, or run with no-new-privileges", Aliases: []string{"CIS-DI-0008", "CIS Docker 4.8"},
			file: checkSetID,
		},
		{
			ID: "TARE-F002", Title: "World-writable", Severity: Warning,
			Looks: "files that everyone may write, and directories that everyone may write and that lack the sticky bit",
			Why:   "Any process can replace files that others trust.",
			Fix:   "use chmod o-w, or chmod +t for a directory, in the layer that creates it", Aliases: []string{},
			file: checkWritable,
		},
		{
			ID: "TARE-F005", Title: "Git repository", Severity: Warning,
			Looks: ".git directories, in every layer",
			Why:   "It contains every version of every file, including secrets that were removed later.",
			Fix:   "add .git to .dockerignore", Aliases: []string{"DKL-LI-0003"},
			image: checkGit,
		},
		{
			ID: "TARE-F007", Title: "Shell history", Severity: Warning,
			Looks: ".bash_history, .ash_history, .python_history and the like, in every layer",
			Why:   "It records what somebody typed, perhaps passwords, and shows that the image was made by hand.",
			Fix:   "build from a Dockerfile, or delete it in the layer that creates it", Aliases: []string{},
			file: checkShellHistory,
		},
		{
			ID: "TARE-F010", Title: "Build tools in the image", Severity: Warning,
			Looks: "compilers, linkers, make and the like that are visible in a container",
			Why:   "They make the image larger and help an attacker who gets in.",
			Fix:   "build in one stage, and copy the result to another", Aliases: []string{"CIS Docker 4.3"},
			image: checkTools,
		},
		{
			ID: "TARE-F011", Title: "Source code in the image", Severity: Warning,
			Looks: "source files of compiled languages that are visible in a container, outside /usr/share, /usr/include and /usr/lib",
			Why:   "The program doesn't need it, and not everyone who can pull the image may be meant to see it.",
			Fix:   "build in one stage, and copy the result to another", Aliases: []string{},
			image: checkSources,
		},
		{
			ID: "TARE-F012", Title: "Cache of a language's package manager", Severity: Warning,
			Looks: "caches of pip, npm, yarn, Go, cargo, Maven, Gradle, conda and others, in every layer",
			Why:   "Containers don't use it, and deleting it in a later layer saves nothing.",
			Fix:   "use RUN --mount=type=cache, or options such as pip --no-cache-dir", Aliases: []string{"DKL-LI-0003", "DL3042", "DL3060"},
			image: cacheRule(false),
		},
		{
			ID: "TARE-F013", Title: "Debug information in an executable", Severity: Warning,
			Looks: "symbol tables and DWARF data of 64 KiB or more in ELF executables that are visible in a container",
			Why:   "Programs don't need it to run.",
			Fix:   "build with -ldflags='-s -w', or strip it", Aliases: []string{},
			file: checkDebug,
		},
		{
			ID: "TARE-F014", Title: "Loader or library missing", Severity: Error,
			Looks: "the loader and the shared libraries that dynamic executables need",
			Why:   "The program doesn't start: \"no such file or directory\", although the file exists.",
			Fix:   "build with CGO_ENABLED=0 or -static, or use a base that has the libraries", Aliases: []string{},
			file: checkLibraries,
		},
		{
			ID: "TARE-F015", Title: "TLS without root certificates", Severity: Warning,
			Looks: "build information and symbols of Go programs, and root certificates in the image; this is a guess",
			Why:   "Connections fail: \"certificate signed by unknown authority\".",
			Fix:   "copy /etc/ssl/certs/ca-certificates.crt into the image, or embed golang.org/x/crypto/x509roots/fallback", Aliases: []string{},
			file: checkRoots,
		},
		{
			ID: "TARE-F016", Title: "The same content twice", Severity: Warning,
			Looks: "files of 1 MB or more that have the same content as another file",
			Why:   "Every copy is stored and pulled.",
			Fix:   "use a link in the same layer", Aliases: []string{},
			image: checkDuplicates,
		},
		{
			ID: "TARE-F017", Title: "Device node", Severity: Warning,
			Looks: "character and block devices, in every layer, and hard links to them",
			Why:   "The runtime creates the devices of a container; a device node in a layer gives access to the host's device if the container may open it.",
			Fix:   "don't create it in the image", Aliases: []string{},
			file: checkDevice,
		},
		{
			ID: "TARE-F018", Title: "Link out of the image", Severity: Info,
			Looks: "absolute links to paths that the image doesn't have, and links that lead above the root; except into /proc, /dev, /sys, /run, /tmp",
			Why:   "It leads nowhere in a container, and out of the directory if the image is unpacked on a host.",
			Fix:   "remove the link, or make it relative", Aliases: []string{},
			file: checkLink,
		},
		{
			ID: "TARE-F019", Title: "File capabilities", Severity: Warning,
			Looks: "the extended attribute security.capability of files that are visible in a container",
			Why:   "Whoever runs the file gets the capability: with cap_dac_override, an unprivileged user can write to any file.",
			Fix:   "remove it with setcap -r in the layer that creates the file, or run with no-new-privileges", Aliases: []string{},
			file: checkCapabilities,
		},
		{
			ID: "TARE-F025", Title: "Engines disagree", Severity: Warning,
			Looks: "entries that overlay2, containerd and others unpack differently or refuse: whiteouts of files in the same layer, names that contain .wh., links into other layers, directories that a layer uses without listing them, and the like",
			Why:   "The files that a container sees depend on the engine, and may differ from those that were audited.",
			Fix:   "build the layer with a common builder, and list directories before their contents", Aliases: []string{},
			image: checkDisagreements,
		},
	}...)
}

func secretRules() []Rule {
	return []Rule{
		{
			ID: "TARE-F003", Title: "Private key", Severity: Error,
			Looks: "names and contents of files, including key stores (PKCS#12, JKS, KeePass, GnuPG), programs, compressed files, UTF-16 and base64; except below testdata, examples or /usr/share/doc",
			Why:   "Everyone who can pull the image gets the key.",
			Fix:   "mount it into the container at run time, and replace the key", Aliases: []string{"CIS-DI-0010"},
			file: secretRule(privateKey),
		},
		{
			ID: "TARE-F004", Title: "Environment file", Severity: Error,
			Looks: ".env and .env.*, but not .env.example and the like",
			Why:   "Such files usually contain passwords.",
			Fix:   "add it to .dockerignore, and pass its values to the container at run time", Aliases: []string{"CIS-DI-0010"},
			file: secretRule(dotEnv),
		},
		{
			ID: "TARE-F006", Title: "Credentials", Severity: Error,
			Looks: "files in which tools store credentials: .aws/credentials, .docker/config.json, .npmrc, .netrc, .kube/config and others",
			Why:   "Everyone who can pull the image can use them.",
			Fix:   "use RUN --mount=type=secret, and revoke the ones that leaked", Aliases: []string{"CIS-DI-0010"},
			file: secretRule(credentials),
		},
		{
			ID: "TARE-F008", Title: "Deleted secret", Severity: Error,
			Looks: "private keys, environment files, credentials and tokens that a later layer deletes or overwrites",
			Why:   "It is still in the lower layer: deleting it hides it from containers, but not from those who pull the image.",
			Fix:   "use RUN --mount=type=secret or a build stage, and revoke the secret", Aliases: []string{"CIS-DI-0010"},
			file: checkDeleted,
		},
		{
			ID: "TARE-F009", Title: "Token in a file", Severity: Error,
			Looks: "contents, including those of programs and gzip files, for known formats of tokens and keys; configuration files and source code for values of sensitive names (password, token, secret key)",
			Why:   "Everyone who can pull the image can use it.",
			Fix:   "pass it to the container at run time, and revoke the one that leaked", Aliases: []string{"CIS-DI-0010"},
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
			Looks: "contents of whiteout entries, and of files whose names are reserved for the storage driver",
			Why:   "No container shows it, but everyone who has the image has it.",
			Fix:   "rebuild the layer, and revoke the secret", Aliases: []string{"CIS-DI-0010"},
			image: checkHidden,
		},
		{
			ID: "TARE-F026", Title: "Data after the end of a layer", Severity: Warning,
			Looks: "bytes other than zeros after the end-of-archive marker of a layer, including further gzip members",
			Why:   "Engines ignore what follows the marker, and so do scanners: everyone who pulls the image gets it, and nobody looks at it.",
			Fix:   "rebuild the layer, and revoke any secret in the data", Aliases: []string{},
			image: checkTrailing,
		},
		{
			ID: "TARE-F020", Title: "Sample secret of a library", Severity: Info,
			Looks: "keys, environment files and tokens below test, tests, t, spec, demo or samples in an installed library or package, and in the system's own shared libraries",
			Why:   "It is public, and protects nothing if it is used outside tests.",
			Fix:   "exclude the tests of libraries from the image", Aliases: []string{},
			file: secretRule(sample),
		},
	}
}
