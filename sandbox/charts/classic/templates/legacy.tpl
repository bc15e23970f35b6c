{{- /* From 1.28.0 on, a moved value that is set fails the render. The error shows the line of `fail`: 38. */}}
{{- $moved := dict
  "cemanager"
  "coderd"
  "devurls"
  "coderd.devurlsHost"
  "ingress.loadBalancerIP"
  "coderd.serviceSpec.loadBalancerIP"
  "ingress.loadBalancerSourceRanges"
  "coderd.serviceSpec.loadBalancerSourceRanges"
  "ingress.tls.hostSecretName"
  "coderd.tls.hostSecretName"
  "ingress.tls.devurlsHostSecretName"
  "coderd.tls.devurlsHostSecretName"
  "storageClassName"
  "postgres.default.storageClassName"
  "timescale"
  "postgres.default"
  "postgres.useDefault"
  "postgres.default.enable"
  "deploymentAnnotations"
  "services.annotations"
  "serviceTolerations"
  "services.tolerations"
  "clusterDomainSuffix"
  "services.clusterDomainSuffix"
  "serviceType"
  "services.type"
  "serviceAccount"
  "coderd.builtinProviderServiceAccount"
}}
{{- if semverCompare ">=1.28.0" .Chart.Version }}
{{- range $old, $new := $moved }}
{{- $value := $.Values }}
{{- range splitList "." $old }}{{ $value = get (default dict $value) . }}{{ end }}
{{- if $value }}
{{- $message := printf "The '%s' setting was deprecated in 1.21 and removed in 1.27; use '%s' instead" $old $new }}
{{- fail $message }}
{{- end }}
{{- end }}
{{- end }}
