{{- /* "true" if Coder uses the chart's built-in database, according to the value that this chart version reads. */}}
{{- define "coder.builtinDatabase" -}}
{{- $postgres := .Values.postgres }}
{{- if semverCompare "<1.21.0" .Chart.Version }}
{{- if dig "useDefault" true $postgres }}true{{ end }}
{{- else if and (semverCompare "<1.27.0" .Chart.Version) (hasKey $postgres "useDefault") }}
{{- if $postgres.useDefault }}true{{ end }}
{{- else if $postgres.default.enable }}true{{ end }}
{{- end }}

{{- define "coder.passwordFile" -}}
{{- if and .Values.postgres.noPasswordEnv (semverCompare "1.35.0 || >=1.35.3" .Chart.Version) }}true{{ end }}
{{- end }}

{{- define "coder.image" -}}
{{ .Values.coderd.image | default (printf "docker.io/coderenvs/coder-service:%s" .Chart.Version) | quote }}
{{- end }}

{{- define "coder.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "coder.placement" -}}
{{- with .Values.services.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.services.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "coder.loggingEnv" -}}
- {name: HUMAN_LOG, value: {{ .Values.logging.human | quote }}}
- {name: JSON_LOG, value: {{ .Values.logging.json | quote }}}
- {name: STACKDRIVER_LOG, value: {{ .Values.logging.stackdriver | quote }}}
- {name: VERBOSE, value: {{ dig "verbose" true .Values.logging | quote }}}
- name: NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
{{- end }}

{{- define "coder.extraEnv" -}}
{{- if semverCompare ">=1.29.1" .Chart.Version }}
{{- with .Values.coderd.extraEnvs }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}
