{{- define "coder.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "coder.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{ include "coder.selectorLabels" . }}
app.kubernetes.io/part-of: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "coder.image" -}}
{{- if and (eq .Values.coder.image.tag "") (eq .Chart.AppVersion "0.1.0") }}
{{- fail "You must specify the coder.image.tag value if you're installing the Helm chart directly from Git." }}
{{- end }}
{{- .Values.coder.image.repo }}:{{ .Values.coder.image.tag | default (printf "v%s" .Chart.AppVersion) }}
{{- end }}

{{- define "coder.env" -}}
{{- $names := list }}
{{- range .Values.coder.env }}{{ $names = append $names .name }}{{ end }}
- {name: CODER_HTTP_ADDRESS, value: "0.0.0.0:8080"}
{{- range $name, $value := dict "CODER_PROMETHEUS_ADDRESS" "0.0.0.0:2112" "CODER_PPROF_ADDRESS" "0.0.0.0:6060" }}
{{- if not (has $name $names) }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- with .Values.provisionerDaemon.pskSecretName }}
- name: CODER_PROVISIONER_DAEMON_PSK
  valueFrom: {secretKeyRef: {name: {{ . | quote }}, key: psk}}
{{- end }}
{{- if and .Values.coder.envUseClusterAccessURL (not (has "CODER_ACCESS_URL" $names)) }}
- name: CODER_ACCESS_URL
  value: {{ ternary "https" "http" (not (empty .Values.coder.tls.secretNames)) }}://coder.{{ .Release.Namespace }}.svc.cluster.local
{{- end }}
- name: KUBE_POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- {name: CODER_DERP_SERVER_RELAY_URL, value: "http://$(KUBE_POD_IP):8080"}
{{- with .Values.coder.tls.secretNames }}
{{- $certificates := list }}
{{- $keys := list }}
{{- range . }}
{{- $certificates = append $certificates (printf "/etc/ssl/certs/coder/%s/tls.crt" .) }}
{{- $keys = append $keys (printf "/etc/ssl/certs/coder/%s/tls.key" .) }}
{{- end }}
- {name: CODER_TLS_ENABLE, value: "true"}
- {name: CODER_TLS_ADDRESS, value: "0.0.0.0:8443"}
- {name: CODER_TLS_CERT_FILE, value: {{ join "," $certificates | quote }}}
- {name: CODER_TLS_KEY_FILE, value: {{ join "," $keys | quote }}}
{{- end }}
{{- with .Values.coder.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "coder.ports" -}}
- {name: http, containerPort: 8080, protocol: TCP}
{{- if .Values.coder.tls.secretNames }}
- {name: https, containerPort: 8443, protocol: TCP}
{{- end }}
{{- range .Values.coder.env }}
{{- /* As published: only a literal "true" opens the port, not a value from a Secret. */}}
{{- if and (eq .name "CODER_PROMETHEUS_ENABLE") (eq (toString .value) "true") }}
- {name: prometheus-http, containerPort: 2112, protocol: TCP}
{{- end }}
{{- end }}
{{- end }}

{{- define "coder.probes" -}}
{{- $get := "httpGet: {path: /healthz, port: http, scheme: HTTP}" }}
{{- if semverCompare "<2.30.0" .Chart.Version }}
readinessProbe:
  {{ $get }}
livenessProbe:
  {{ $get }}
{{- else }}
{{- range $name := list "readinessProbe" "livenessProbe" }}
{{- with index $.Values.coder $name }}
{{- if .enabled }}
{{ $name }}:
  {{ $get }}
  {{- omit . "enabled" | toYaml | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "coder.volumes" -}}
{{- $volumes := list }}
{{- range .Values.coder.tls.secretNames }}
{{- $volumes = append $volumes (dict "name" (printf "tls-%s" .) "secret" (dict "secretName" .)) }}
{{- end }}
{{- range .Values.coder.certs.secrets }}
{{- $volumes = append $volumes (dict "name" (printf "ca-cert-%s" .name) "secret" (dict "secretName" .name)) }}
{{- end }}
{{- concat $volumes .Values.coder.volumes | toYaml }}
{{- end }}

{{- define "coder.volumeMounts" -}}
{{- $mounts := list }}
{{- range .Values.coder.tls.secretNames }}
{{- $mounts = append $mounts (dict "name" (printf "tls-%s" .) "mountPath" (printf "/etc/ssl/certs/coder/%s" .) "readOnly" true) }}
{{- end }}
{{- range .Values.coder.certs.secrets }}
{{- $mounts = append $mounts (dict "name" (printf "ca-cert-%s" .name) "mountPath" (printf "/etc/ssl/certs/%s.crt" .name) "subPath" .key "readOnly" true) }}
{{- end }}
{{- concat $mounts .Values.coder.volumeMounts | toYaml }}
{{- end }}
