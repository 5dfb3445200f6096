{{/* The labels of a part's objects: (list $ "web"). */}}
{{- define "rockola.labels" -}}
{{ include "rockola.selector" . | fromJson | toYaml }}
app.kubernetes.io/name: rockola
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
{{- end }}

{{/* Those that its pods are found by. */}}
{{- define "rockola.selector" -}}
{{- dict "app.kubernetes.io/instance" (index . 0).Release.Name "app.kubernetes.io/component" (index . 1) | toJson }}
{{- end }}

{{/* What every pod is: nobody's account, nobody's root, spread as the values say: (list $ "web" 10001). */}}
{{- define "rockola.pod" -}}
{{- $root := index . 0 -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ add 20 $root.Values.settings.drain }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ index . 2 }}
  runAsGroup: {{ index . 2 }}
  fsGroup: {{ index . 2 }}
  seccompProfile: {type: RuntimeDefault}
{{- with $root.Values.image.secrets }}
imagePullSecrets: {{ range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
topologySpreadConstraints:
{{- range $root.Values.spread }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector: {matchLabels: {{ include "rockola.selector" (list $root (index $ 1)) }}}
{{- end }}
{{- end }}

{{/* What every container may: nothing. */}}
{{- define "rockola.confined" -}}
{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
{{- end }}

{{/* Restarted by its health, taken out by its readiness, given two minutes to start: a port's name and the two paths. */}}
{{- define "rockola.probes" -}}
startupProbe: {httpGet: {path: {{ index . 1 }}, port: {{ index . 0 }}}, periodSeconds: 2, failureThreshold: 60}
readinessProbe: {httpGet: {path: {{ index . 2 }}, port: {{ index . 0 }}}, periodSeconds: 3, failureThreshold: 2, timeoutSeconds: 3}
livenessProbe: {httpGet: {path: {{ index . 1 }}, port: {{ index . 0 }}}, periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5, terminationGracePeriodSeconds: 5}
{{- end }}

{{/* A process of rockola: root, name (its command and the key of its values), program, image, port, metrics. Its own
settings are the template rockola.env-of-NAME, which is given the same. */}}
{{- define "rockola.process" -}}
{{- $values := .root.Values -}}
- name: {{ .name }}
  image: {{ .image }}
  imagePullPolicy: {{ $values.image.pull }}
  command: [{{ .program }}, {{ .name }}]
  envFrom: [{configMapRef: {name: rockola}}]
  env:
    - {name: ROCKOLA_METRICS_LISTEN, value: "0.0.0.0:{{ .metrics }}"}
    {{- include (print "rockola.env-of-" .name) . | nindent 4 }}
  ports:
    {{- with .port }}
    - {name: {{ $.name }}, containerPort: {{ . }}}
    {{- end }}
    - {name: {{ .name }}-probes, containerPort: {{ .metrics }}}
  {{- include "rockola.probes" (list (print .name "-probes") "/healthz" "/readyz") | nindent 2 }}
  lifecycle: {preStop: {sleep: {seconds: 5}}} # whoever sends requests here looks away meanwhile
  resources: {{ (index $values .name).resources | toJson }}
  securityContext: {{ include "rockola.confined" . }}
  volumeMounts:
    - {name: data, mountPath: /data}
    {{- if $values.contest }}
    - {name: contest, mountPath: /contest, readOnly: true}
    {{- end }}
{{- end }}

{{/* Their volumes. */}}
{{- define "rockola.volumes" -}}
- name: data
  emptyDir: {sizeLimit: 64Mi}
{{- if .Values.contest }}
- name: contest
  configMap: {name: contest}
{{- end }}
{{- end }}

{{/* What makes pods new when the settings or the contest change, and what has them scraped. */}}
{{- define "rockola.annotations" -}}
checksum/settings: {{ list .Values.settings .Values.contest | toJson | sha256sum }}
prometheus.io/scrape: "true"
{{- end }}

{{/* The name of the Secret with what is made up once. */}}
{{- define "rockola.secret" -}}
{{ .Values.existing_secret | default "rockola" }}
{{- end }}

{{/* A setting whose value is a key of that Secret: (list $ "secret"). */}}
{{- define "rockola.secret-setting" -}}
- name: ROCKOLA_{{ index . 1 | upper }}
  valueFrom: {secretKeyRef: {name: {{ include "rockola.secret" (index . 0) }}, key: {{ index . 1 }}}}
{{- end }}

{{/* A store's URL as its writer or reader: (list $ "tally" "writer"). Kubernetes puts the password in. */}}
{{- define "rockola.store" -}}
{{- $root := index . 0 }}{{ $store := index . 1 }}{{ $as := index . 2 }}{{ $values := index $root.Values $store -}}
{{- if not $values.managed -}}
- name: ROCKOLA_{{ upper $store }}
  valueFrom: {secretKeyRef: {name: {{ $values.secret }}, key: {{ $as }}}}
{{- else -}}
- name: {{ upper $store }}_PASSWORD
  {{- if eq $store "log" }}
  valueFrom: {secretKeyRef: {name: votes-{{ $as }}, key: password}} # made by Strimzi
  {{- else }}
  valueFrom: {secretKeyRef: {name: {{ include "rockola.secret" $root }}, key: {{ $store }}-{{ $as }}}}
  {{- end }}
- name: ROCKOLA_{{ upper $store }}
  value: {{ include (print "rockola.url-of-" $store) (list $root $as) | quote }}
{{- end }}
{{- end }}

{{- define "rockola.url-of-log" -}}
kafka://votes-{{ index . 1 }}:$(LOG_PASSWORD)@my-cluster-kafka-bootstrap:9092/votes?partitions={{ (index . 0).Values.log.partitions }}
{{- end }}

{{- define "rockola.url-of-tally" -}}
redis://{{ index . 1 }}:$(TALLY_PASSWORD)@redis-service:6379/0
{{- end }}

{{- define "rockola.url-of-archive" -}}
mongodb://{{ index . 1 }}:$(ARCHIVE_PASSWORD)@{{ include "rockola.members" (index . 0) }}/so1_proyecto2?replicaSet=rs0
{{- end }}

{{/* The members of the replica set, by commas. */}}
{{- define "rockola.members" -}}
{{- range $number := until (int .Values.archive.members) }}{{ if $number }},{{ end }}mongodb-{{ $number }}.mongodb-service:27017{{ end }}
{{- end }}

{{/* At most one pod of a part is taken away by whoever tends the nodes: (list $ "web"). */}}
{{- define "rockola.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ index . 1 }}
  labels: {{- include "rockola.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {{ include "rockola.selector" . }}}
{{- end }}

{{/* The doors that are open: their program, image and ports; a server's metrics are at the port behind its gateway's. */}}
{{- define "rockola.doors" -}}
{{- if .Values.doors.grpc.enabled }}
grpc: {program: rockola, kind: python, gateway: 3000, server: 3001, metrics: 9100}
{{- end }}
{{- if .Values.doors.rust.enabled }}
rust: {program: rockola-door, kind: rust, gateway: 8000, server: 8080, metrics: 9104}
{{- end }}
{{- end }}

{{/* The parts in which a server runs. */}}
{{- define "rockola.servers" -}}
{{- $found := list }}
{{- range $part, $door := include "rockola.doors" . | fromYaml }}
{{- $found = append $found (ternary (print $part "-server") $part $.Values.doors.apart) }}
{{- end }}
{{- toJson $found }}
{{- end }}

{{/* The volume of one pod of a StatefulSet, as its values ask for it. */}}
{{- define "rockola.claim" -}}
- metadata: {name: data}
  spec:
    accessModes: [ReadWriteOnce]
    resources: {requests: {storage: {{ .storage }}}}
    {{- with .storage_class }}
    storageClassName: {{ . }}
    {{- end }}
{{- end }}
