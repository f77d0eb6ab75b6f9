{{/*
SPDX-License-Identifier: Apache-2.0
Names are fixed: two operators in one cluster would share the CRDs and decide against each other.
*/}}
{{- define "aiworkload.operator" -}}aiworkload-operator{{- end }}
{{- define "aiworkload.agent" -}}aiworkload-agent{{- end }}

{{/* The Secret with the cluster's key, by which agents know each other's probes. */}}
{{- define "aiworkload.agentKey" -}}
{{ .Values.agent.probeKey.existingSecret | default "aiworkload-agent-key" }}
{{- end }}

{{- define "aiworkload.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "aiworkload.labels" -}}
app.kubernetes.io/part-of: aiworkload-operator
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* What a pod may do under Pod Security `restricted`. */}}
{{- define "aiworkload.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}
{{- define "aiworkload.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
