{{- /* The environment variables of the database connection, for the migrations and for the server. */}}
{{- define "coder.postgresEnv" -}}
{{- if include "coder.builtinDatabase" . }}
- {name: DB_HOST, value: {{ printf "timescale.%s%s" .Release.Namespace .Values.services.clusterDomainSuffix | quote }}}
- {name: DB_PORT, value: "5432"}
- {name: DB_USER, value: coder}
{{- include "coder.connectorEnv" . }}
- {name: DB_SSL_MODE, value: disable}
- {name: DB_NAME, value: coder}
{{- else }}
{{- with .Values.postgres }}
- {name: DB_HOST, value: {{ .host | quote }}}
- {name: DB_PORT, value: {{ .port | quote }}}
- {name: DB_USER, value: {{ .user | quote }}}
{{- end }}
{{- include "coder.passwordEnv" . }}
{{- include "coder.connectorEnv" . }}
{{- with .Values.postgres }}
- {name: DB_SSL_MODE, value: {{ .sslMode | quote }}}
- {name: DB_NAME, value: {{ .database | quote }}}
{{- if and .searchPath (semverCompare ">=1.37.0" $.Chart.Version) }}
- {name: DB_SEARCH_PATH, value: {{ .searchPath | quote }}}
{{- end }}
{{- end }}
{{- range include "coder.postgresFiles" . | fromYamlArray }}
- {name: {{ .variable }}, value: {{ printf "%s/%s" .path .key | quote }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "coder.passwordEnv" }}
{{- $secret := .Values.postgres.passwordSecret }}
{{- if include "coder.passwordFile" . }}
- {name: DB_PASSWORD_PATH, value: {{ printf "/run/secrets/%s/password" $secret | quote }}}
{{- else if or $secret (semverCompare "<1.27.0" .Chart.Version) }}
- name: DB_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ $secret | quote }}, key: password}}
{{- end }}
{{- end }}

{{- define "coder.connectorEnv" }}
{{- if semverCompare ">=1.27.0" .Chart.Version }}
- {name: DB_CONNECTOR, value: {{ .Values.postgres.connector | quote }}}
{{- end }}
{{- end }}

{{- /* The TLS files of the connection: environment variable, volume, Secret, key and directory of each. */}}
{{- define "coder.postgresFiles" -}}
{{- $files := list }}
{{- if and (semverCompare ">=1.26.0" .Chart.Version) (not (include "coder.builtinDatabase" .)) }}
{{- $ssl := .Values.postgres.ssl }}
{{- range list (list "DB_CERT" "cert" $ssl.certSecret) (list "DB_KEY" "key" $ssl.keySecret) (list "DB_ROOT_CERT" "rootcert" $ssl.rootCertSecret) }}
{{- $secret := last . }}
{{- if $secret.name }}
{{- $path := printf "/etc/ssl/certs/pg/%s" (index . 1) }}
{{- $files = append $files (dict "variable" (first .) "volume" (printf "pg%s" (index . 1)) "secret" $secret.name "key" $secret.key "path" $path) }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $files }}
{{- end }}

{{- define "coder.volumes" -}}
- {name: tmp-pgcerts, emptyDir: {}}
{{- range include "coder.postgresFiles" . | fromYamlArray }}
- {name: {{ .volume }}, secret: {secretName: {{ .secret | quote }}}}
{{- end }}
{{- if and (include "coder.passwordFile" .) (not (include "coder.builtinDatabase" .)) }}
- {name: {{ .Values.postgres.passwordSecret | quote }}, secret: {secretName: {{ .Values.postgres.passwordSecret | quote }}}}
{{- end }}
{{- with .Values.certs.secret.name }}
- {name: {{ . | quote }}, secret: {secretName: {{ . | quote }}}}
{{- end }}
{{- end }}

{{- define "coder.volumeMounts" -}}
- {name: tmp-pgcerts, mountPath: /tmp/pgcerts}
{{- range include "coder.postgresFiles" . | fromYamlArray }}
- {name: {{ .volume }}, mountPath: {{ .path }}, readOnly: true}
{{- end }}
{{- if and (include "coder.passwordFile" .) (not (include "coder.builtinDatabase" .)) }}
- {name: {{ .Values.postgres.passwordSecret | quote }}, mountPath: {{ printf "/run/secrets/%s" .Values.postgres.passwordSecret | quote }}, readOnly: true}
{{- end }}
{{- with .Values.certs.secret }}
{{- if .name }}
- {name: {{ .name | quote }}, mountPath: {{ printf "/etc/ssl/certs/%s" .key | quote }}, subPath: {{ .key | quote }}}
{{- end }}
{{- end }}
{{- end }}
