package audit

func historyRules() []Rule {
	return []Rule{
		{
			ID: "TARE-H001", Title: "Secret in an instruction", Severity: Error,
			Looks: "RUN, COPY, CMD and other instructions: known formats of tokens and keys, passwords in URLs, assignments to sensitive names (PASSWORD, TOKEN, …), long random values",
			Why:   "The history is part of the image: whoever can pull it can read it.",
			Fix:   "pass it with RUN --mount=type=secret, and revoke the one that leaked", Aliases: []string{"CIS-DI-0010", "CIS Docker 4.10"},
			image: leakRule(inInstruction),
		},
		{
			ID: "TARE-H002", Title: "Secret in a build argument", Severity: Error,
			Looks: "ARG defaults, and the values that builders record with each RUN (|1 TOKEN=…)",
			Why:   "Build arguments are written into the history of every RUN that follows.",
			Fix:   "pass it with RUN --mount=type=secret instead of --build-arg, and revoke the one that leaked", Aliases: []string{"CIS-DI-0010", "CIS Docker 4.10"},
			image: leakRule(inArgument),
		},
		{
			ID: "TARE-H003", Title: "Secret in an environment variable", Severity: Error,
			Looks: "ENV in the configuration and in the history, also where a later ENV replaced it",
			Why:   "Every container, every child process and everyone who can pull the image can read it.",
			Fix:   "give it to the container when it starts, as a file or a variable, and revoke the one that leaked", Aliases: []string{"CIS-DI-0010", "CIS Docker 4.10"},
			image: leakRule(inVariable),
		},
		{
			ID: "TARE-H004", Title: "Secret in a label", Severity: Error,
			Looks: "LABEL in the configuration and in the history",
			Why:   "Labels are shown by registries, by docker inspect and by every scanner.",
			Fix:   "remove the label, and revoke the secret", Aliases: []string{"CIS-DI-0010", "CIS Docker 4.10"},
			image: leakRule(inLabel),
		},
		{
			ID: "TARE-H005", Title: "ADD where COPY serves", Severity: Info,
			Looks: "ADD of what is neither an archive nor remote",
			Why:   "ADD unpacks and downloads by the look of its source; COPY only copies.",
			Fix:   "write COPY", Aliases: []string{"CIS-DI-0009", "CIS Docker 4.9", "DL3020"},
			image: checkAdd,
		},
		{
			ID: "TARE-H006", Title: "ADD of a URL", Severity: Warning,
			Looks: "ADD with an http, https or ftp source, or with a git repository and no whole commit; BuildKit records the source, and not --checksum",
			Why:   "Nothing shows that the download is verified, and the file remains in its layer even if a later one unpacks and deletes it.",
			Fix:   "name a git source with its whole commit, or fetch, check, unpack and delete in one RUN; ADD --checksum checks, but isn't recorded: ignore the finding with that reason", Aliases: []string{"CIS-DI-0009", "CIS Docker 4.9"},
			image: checkAddURL,
		},
		{
			ID: "TARE-H007", Title: "Package index updated apart from its use", Severity: Warning,
			Looks: "a RUN with apt-get update (apk update …) alone, and a later RUN that installs",
			Why:   "The build cache keeps the old index, and the installation takes old packages or fails.",
			Fix:   "update and install in one RUN", Aliases: []string{"CIS-DI-0007", "CIS Docker 4.7"},
			image: checkIndex,
		},
		{
			ID: "TARE-H008", Title: "Cache of the package manager left behind", Severity: Warning,
			Looks: "files under /var/lib/apt/lists, /var/cache/apt, /var/cache/apk, /var/cache/dnf and the like, in every layer",
			Why:   "Nothing in a container uses it; a later layer that deletes it saves nothing.",
			Fix:   "delete it in the RUN that made it, or use apk add --no-cache or a cache mount", Aliases: []string{"DKL-DI-0004", "DKL-DI-0005", "DL3009", "DL3019"},
			image: cacheRule(true),
		},
		{
			ID: "TARE-H009", Title: "chmod or chown copied files into a second layer", Severity: Warning,
			Looks: "files that a layer ships again with the same size and time and another mode or owner",
			Why:   "A layer holds whole files: changing a mode ships the content a second time.",
			Fix:   "use COPY --chmod and --chown, or change them in the layer that makes them", Aliases: []string{},
			image: checkCopied,
		},
		{
			ID: "TARE-H010", Title: "Download piped into a shell", Severity: Warning,
			Looks: "RUN with curl … | sh, bash <(curl …), sh -c \"$(curl …)\"",
			Why:   "What runs is whatever the server sends that day, checked by nobody.",
			Fix:   "download to a file, check its digest, then run it", Aliases: []string{},
			image: checkPipe,
		},
		{
			ID: "TARE-H011", Title: "Base image without a fixed tag", Severity: Warning,
			Looks: "the annotation or label " + baseName + ": latest, or no tag",
			Why:   "The same Dockerfile builds something else tomorrow.",
			Fix:   "name the base with a version or a digest", Aliases: []string{"DKL-DI-0006", "DL3006", "DL3007"},
			image: checkBase,
		},
		{
			ID: "TARE-H012", Title: "History and layers disagree", Severity: Warning,
			Looks: "history entries that should have made a layer, and layers, paired in order",
			Why:   "What the history says of the layers can't be trusted.",
			Fix:   "rebuild the image; tare history shows what has no counterpart", Aliases: []string{},
			image: checkPartners,
		},
		{
			ID: "TARE-H013", Title: "Steps out of order", Severity: Info,
			Looks: "the times of the history; times that were set by hand (up to 1981) don't count",
			Why:   "The image was put together by something other than a builder, or a clock was wrong. Builds with SOURCE_DATE_EPOCH on a newer base do this, too.",
			Fix:   "check where the image comes from", Aliases: []string{},
			image: checkOrder,
		},
		{
			ID: "TARE-H014", Title: "Made in the future", Severity: Warning,
			Looks: "the times of the history and of the image",
			Why:   "A clock is wrong, here or where the image was made; caches and clean-up by age go wrong with it.",
			Fix:   "set the clock of the machine that built it, or SOURCE_DATE_EPOCH", Aliases: []string{},
			image: checkFuture,
		},
		{
			ID: "TARE-H015", Title: "sudo in a build", Severity: Info,
			Looks: "RUN with sudo",
			Why:   "A build runs as root already, or can; sudo and its set-uid bit stay in the image.",
			Fix:   "use USER before and after, and leave sudo out", Aliases: []string{"DKL-DI-0001", "DL3004"},
			image: checkSudo,
		},
		{
			ID: "TARE-H016", Title: "All packages upgraded", Severity: Info,
			Looks: "RUN with apt-get upgrade, apk upgrade, dnf, yum, microdnf or tdnf update, zypper up, pacman -Syu and the like",
			Why:   "Replaced packages ship twice, and what comes depends on the day of the build.",
			Fix:   "build on a newer base, or upgrade only the packages that need it", Aliases: []string{"DKL-DI-0003", "DL3005", "DL3017"},
			image: checkUpgrade,
		},
		{
			ID: "TARE-H017", Title: "Secret in the metadata", Severity: Error,
			Looks: "every string of configuration, manifest and index that no other rule looks at: authors, comments, names, annotations; the statements of attestations (provenance, SBOM)",
			Why:   "Everyone who can pull the image can read it.",
			Fix:   "build without it, and revoke the secret; for provenance --provenance=mode=min", Aliases: []string{"CIS-DI-0010"},
			image: leakRule(inMetadata),
		},
	}
}

func configRules() []Rule {
	return []Rule{
		{
			ID: "TARE-C001", Title: "Runs as root", Severity: Warning,
			Looks: "the user of the configuration, as engines resolve it: none, 0, a name whose ID is 0, or whose entry they read as 0",
			Why:   "An attacker who takes over the process is root in the container, and so a step closer to root on the host.",
			Fix:   "add USER with a numeric ID, as USER 65532:65532", Aliases: []string{"CIS-DI-0001", "CIS Docker 4.1", "DL3002"},
			whole: true, image: checkRoot,
		},
		{
			ID: "TARE-C002", Title: "User that cannot be resolved", Severity: Error,
			Looks: "the user and group of the configuration, looked up in the image's /etc/passwd and /etc/group as engines do",
			Why:   "The container does not start.",
			Fix:   "create the user in the image, or use a numeric ID", Aliases: []string{},
			whole: true, image: checkUser,
		},
		{
			ID: "TARE-C003", Title: "No HEALTHCHECK", Severity: Info,
			Looks: "the health check of the configuration",
			Why:   "Docker can't tell a hung service from a healthy one. Kubernetes has its own probes and ignores it.",
			Fix:   "add HEALTHCHECK CMD with a command of the image", Aliases: []string{"CIS-DI-0006", "CIS Docker 4.6"},
			whole: true, image: checkHealth,
		},
		{
			ID: "TARE-C004", Title: "Shell form without a shell", Severity: Error,
			Looks: "ENTRYPOINT, CMD and HEALTHCHECK that need a shell which the image doesn't have",
			Why:   "The container does not start, or is never healthy.",
			Fix:   "write the exec form, as ENTRYPOINT [\"/app\"]", Aliases: []string{"DL3025"},
			whole: true, image: checkShell,
		},
		{
			ID: "TARE-C005", Title: "What is started is missing", Severity: Error,
			Looks: "the first word of ENTRYPOINT and CMD, through PATH and links, and the interpreter of a script",
			Why:   "The container does not start.",
			Fix:   "copy the program into the image, or correct ENTRYPOINT", Aliases: []string{},
			whole: true, image: checkEntry,
		},
		{
			ID: "TARE-C006", Title: "What is started is not executable", Severity: Error,
			Looks: "the mode of the file that is started",
			Why:   "The container does not start.",
			Fix:   "use COPY --chmod=755", Aliases: []string{},
			whole: true, image: checkExecutable,
		},
		{
			ID: "TARE-C007", Title: "What is started is for another architecture", Severity: Error,
			Looks: "the ELF header of the file that is started, and the image's architecture",
			Why:   "The container does not start, or only under emulation.",
			Fix:   "build for the platform of the image: use TARGETARCH", Aliases: []string{},
			whole: true, image: checkArchitecture,
		},
		{
			ID: "TARE-C008", Title: "Volume on a system directory", Severity: Warning,
			Looks: "VOLUME on /, /etc, /usr, /bin, /lib, /var and the like",
			Why:   "Every container gets a copy, and what later layers or versions change there is not seen.",
			Fix:   "put the volume on a directory of its own", Aliases: []string{"DKL-DI-0002"},
			whole: true, image: checkVolumes,
		},
		{
			ID: "TARE-C009", Title: "Privileged port with an unprivileged user", Severity: Warning,
			Looks: "EXPOSE below 1024 where the user isn't root",
			Why:   "Where the runtime doesn't lower the limit (Docker does since 20.10), the program can't listen.",
			Fix:   "listen on a port of 1024 or above", Aliases: []string{},
			whole: true, image: checkPorts,
		},
		{
			ID: "TARE-C010", Title: "No OCI labels", Severity: Info,
			Looks: "labels and annotations org.opencontainers.image.*",
			Why:   "Nobody can tell from the image which source and version it is.",
			Fix:   "add LABEL org.opencontainers.image.source, .revision and .version", Aliases: []string{},
			whole: true, image: checkDescription,
		},
		{
			ID: "TARE-C011", Title: "Account without a password", Severity: Error,
			Looks: "/etc/shadow and /etc/passwd, for an empty second field",
			Why:   "Any process in the container becomes that user with su (CVE-2019-5021).",
			Fix:   "lock it: passwd -l NAME, in the layer that makes it", Aliases: []string{"DKL-LI-0001"},
			image: checkPasswords,
		},
		{
			ID: "TARE-C012", Title: "One ID for several users or groups", Severity: Info,
			Looks: "the user IDs of /etc/passwd and the group IDs of /etc/group, as engines read them",
			Why:   "Each of them owns the files of the others; a second user with the ID 0 is a second root.",
			Fix:   "give every user and every group an ID of its own", Aliases: []string{"DKL-LI-0002"},
			image: checkIDs,
		},
		{
			ID: "TARE-C013", Title: "User that engines resolve differently", Severity: Warning,
			Looks: "the user of the configuration, as Docker, older and newer, and containerd resolve it",
			Why:   "What the process may do depends on where it runs.",
			Fix:   "use numeric IDs for user and group, as USER 65532:65532", Aliases: []string{},
			whole: true, image: checkAgreement,
		},
		{
			ID: "TARE-C014", Title: "HEALTHCHECK that cannot run", Severity: Error,
			Looks: "the program of HEALTHCHECK, in shell form the first that the shell starts, through PATH and links",
			Why:   "The container is never healthy.",
			Fix:   "check with a program that the image has; a program may have a command to check itself", Aliases: []string{},
			whole: true, image: checkHealthCommand,
		},
	}
}

func weightRules() []Rule {
	return []Rule{
		{
			ID: "TARE-W001", Title: "Dead bytes", Severity: Warning,
			Looks: "layers of which 1 MB or more is deleted or overwritten by later layers",
			Why:   "It is stored and pulled, and no container sees it.",
			Fix:   "delete in the RUN that made it, or copy only the result from a build stage", Aliases: []string{},
			whole: true, image: checkDead,
		},
		{
			ID: "TARE-W002", Title: "Low efficiency", Severity: Warning,
			Looks: "dive's efficiency below 90 % where 20 MB or more are wasted",
			Why:   "The same paths are written again and again.",
			Fix:   "tare tree shows what changed in each layer; join the steps that write the same files", Aliases: []string{"lowestEfficiency"},
			whole: true, image: checkEfficiency,
		},
		{
			ID: "TARE-W003", Title: "More container than content", Severity: Info,
			Looks: "tare of 50 MB and 10 times the net weight or more",
			Why:   "Nearly all that is pulled and patched is not the program.",
			Fix:   "build in one stage, and copy the program to a small base or to scratch", Aliases: []string{},
			whole: true, image: checkTare,
		},
		{
			ID: "TARE-W004", Title: "Many layers", Severity: Warning,
			Looks: "100 layers or more",
			Why:   "Docker takes 125 layers; an image of more, and what is built on it, can't be used.",
			Fix:   "join steps: several commands in one RUN, several sources in one COPY", Aliases: []string{},
			whole: true, image: checkLayers,
		},
		{
			ID: "TARE-W005", Title: "File of zeros", Severity: Warning,
			Looks: "the contents of files of 1 MB or more, for nine tenths of zeros, as /var/log/lastlog has",
			Why:   "A layer has no holes: a sparse file is stored and unpacked in its whole length.",
			Fix:   "use useradd --no-log-init, or truncate the file in the RUN that makes it", Aliases: []string{},
			file: checkZeros,
		},
	}
}

// The rules that the gate judges.
const (
	ruleBudget = "TARE-B001"
	ruleGrowth = "TARE-B002"
)

func gateRules() []Rule {
	return []Rule{
		{
			ID: ruleBudget, Title: "Over budget", Severity: Error,
			Looks: "the budgets of the configuration file and of --budget",
			Why:   "Somebody set a limit, and the image is over it.",
			Fix:   "make the image smaller, or raise the limit where reviewers see it", Aliases: []string{},
		},
		{
			ID: ruleGrowth, Title: "Grown too much", Severity: Error,
			Looks: "size and transfer against --baseline, with --max-growth",
			Why:   "Images grow a little with every release, and nobody looks.",
			Fix:   "tare diff shows what grew", Aliases: []string{},
		},
	}
}
