{{/* The doors that are open: their program, image and ports; a server's metrics are at the port behind its gateway's. */}}
{{- define "rockola.doors" -}}
{{- if .Values.doors.grpc.enabled }}
grpc: {program: rockola, image: {{ .Values.image.python | quote }}, gateway: 3000, server: 3001, metrics: 9100}
{{- end }}
{{- if .Values.doors.rust.enabled }}
rust: {program: rockola-door, image: {{ .Values.image.rust | quote }}, gateway: 8000, server: 8080, metrics: 9104}
{{- end }}
{{- end }}

{{/* Every part that there is, by the values: the ports that it answers at, and the Service that leads to them. */}}
{{- define "rockola.parts" -}}
{{- range $part, $door := include "rockola.doors" . | fromYaml }}
{{- if $.Values.doors.apart }}
{{ $part }}: {service: {{ $part }}-service, ports: {gateway: {{ $door.gateway }}}}
{{ $part }}-server: {service: {{ $part }}-server-service, ports: {server: {{ $door.server }}}}
{{- else }}
{{ $part }}: {service: {{ $part }}-service, ports: {gateway: {{ $door.gateway }}, server: {{ $door.server }}}}
{{- end }}
{{- end }}
consumer: {ports: {}}
web: {service: web-service, ports: {web: 5000}}
{{- if .Values.tally.managed }}
redis: {service: redis-service, ports: {redis: 6379}}
{{- end }}
{{- if .Values.archive.managed }}
mongodb: {service: mongodb-service, ports: {mongodb: 27017}}
{{- end }}
{{- if .Values.prometheus.enabled }}
prometheus: {service: prometheus, ports: {prometheus: 9090}}
{{- end }}
{{- if .Values.grafana.enabled }}
grafana: {service: grafana, ports: {grafana: 3000}}
{{- end }}
{{- end }}

{{/* The labels that a part's pods are found by: (list $ "web"). */}}
{{- define "rockola.selector" -}}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* All labels of its objects. */}}
{{- define "rockola.labels" -}}
app.kubernetes.io/name: rockola
{{ include "rockola.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
{{- if eq (index . 1) "kafka" }}
strimzi.io/cluster: my-cluster
{{- end }}
{{- end }}

{{/* The name and labels of an object: (list $ "web-deployment" "web"), or (list $ "web") when it has its part's name. */}}
{{- define "rockola.metadata" -}}
name: {{ index . 1 }}
labels: {{- include "rockola.labels" (list (index . 0) (last .)) | nindent 2 }}
{{- end }}

{{/* What every pod is: nobody's account, nobody's root, spread as the values say: (list $ "web" 10001). */}}
{{- define "rockola.pod" -}}
{{- $root := index . 0 }}{{ $part := index . 1 }}{{ $user := index . 2 -}}
automountServiceAccountToken: {{ eq $part "prometheus" }}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ add 20 $root.Values.settings.drain }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ $user }}
  runAsGroup: {{ $user }}
  fsGroup: {{ $user }}
  seccompProfile: {type: RuntimeDefault}
{{- with $root.Values.image.secrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
topologySpreadConstraints:
  {{- range $root.Values.spread }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "rockola.selector" (list $root $part) | nindent 8 }}
  {{- end }}
{{- end }}

{{/* The pods of a part, whose containers and volumes follow: (list $ "web" 10001 ANNOTATIONS). */}}
{{- define "rockola.pods" -}}
selector:
  matchLabels: {{- include "rockola.selector" . | nindent 4 }}
template:
  metadata:
    labels: {{- include "rockola.labels" . | nindent 6 }}
    {{- with index . 3 }}
    annotations: {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    {{- include "rockola.pod" . | nindent 4 }}
{{- end }}

{{/* What every container is: it has bounds, and may nothing: (list $ .Values.grafana). */}}
{{- define "rockola.container" -}}
imagePullPolicy: {{ (index . 0).Values.image.pull }}
resources: {{- toYaml (index . 1).resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Restarted by its health, taken out by its readiness, given five minutes to start: (list HEALTH READINESS). */}}
{{- define "rockola.probes" -}}
startupProbe:
  {{ index . 0 }}
  periodSeconds: 2
  failureThreshold: 150
readinessProbe:
  {{ index . 1 }}
  periodSeconds: 3
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:
  {{ index . 0 }}
  periodSeconds: 10
  timeoutSeconds: 5
  terminationGracePeriodSeconds: 5 # what is wedged does not drain
{{- end }}

{{/* What a container of rockola has besides its command, env and ports: (list $ "web"), the key of its values. */}}
{{- define "rockola.process" -}}
{{- $root := index . 0 }}{{ $name := index . 1 -}}
envFrom: [{configMapRef: {name: rockola}}]
{{ $ask := "httpGet: {path: %s, port: %s-probes}" -}}
{{ include "rockola.probes" (list (printf $ask "/healthz" $name) (printf $ask "/readyz" $name)) }}
lifecycle: {preStop: {sleep: {seconds: 5}}} # whoever sends requests here looks away meanwhile
{{ include "rockola.container" (list $root (index $root.Values $name)) }}
volumeMounts:
  - {name: data, mountPath: /data}
  {{- if $root.Values.contest }}
  - {name: contest, mountPath: /contest, readOnly: true}
  {{- end }}
{{- end }}

{{/* The Deployment of a part of rockola: (list $ "web" 2 CONTAINERS), without a number when an autoscaler says it. */}}
{{- define "rockola.deployment" -}}
{{- $root := index . 0 }}{{ $part := index . 1 -}}
apiVersion: apps/v1
kind: Deployment
metadata: {{- include "rockola.metadata" (list $root (print $part "-deployment") $part) | nindent 2 }}
spec:
  {{- with index . 2 }}
  replicas: {{ . }}
  {{- end }}
  strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  {{- $settings := list $root.Values.settings $root.Values.contest | toJson | sha256sum }}
  {{- $annotations := dict "checksum/settings" $settings "prometheus.io/scrape" "true" }}
  {{- include "rockola.pods" (list $root $part 10001 $annotations) | nindent 2 }}
      containers: {{- index . 3 | nindent 8 }}
      volumes:
        - {name: data, emptyDir: {sizeLimit: 64Mi}}
        {{- if $root.Values.contest }}
        - {name: contest, configMap: {name: contest}}
        {{- end }}
{{- end }}

{{/* A variable that has a key of the Secret of templates/secrets.yaml: (list $ "ROCKOLA_TOKEN" "token"). */}}
{{- define "rockola.secret" -}}
- name: {{ index . 1 }}
  valueFrom: {secretKeyRef: {name: {{ (index . 0).Values.existing_secret | default "rockola" }}, key: {{ index . 2 }}}}
{{- end }}

{{/* A store's URL as its writer or reader: (list $ "tally" "writer"). Kubernetes puts the password in. */}}
{{- define "rockola.store" -}}
{{- $root := index . 0 }}{{ $store := index . 1 }}{{ $as := index . 2 }}{{ $values := index $root.Values $store -}}
{{- if not $values.managed -}}
- name: ROCKOLA_{{ upper $store }}
  valueFrom: {secretKeyRef: {name: {{ $values.secret }}, key: {{ $as }}}}
{{- else if eq $store "log" -}}
- name: LOG_PASSWORD
  valueFrom: {secretKeyRef: {name: votes-{{ $as }}, key: password}} # made by Strimzi
- name: ROCKOLA_LOG
  value: kafka://votes-{{ $as }}:$(LOG_PASSWORD)@my-cluster-kafka-bootstrap:9092/votes?partitions={{ $values.partitions }}
{{- else if eq $store "tally" -}}
{{ include "rockola.secret" (list $root "TALLY_PASSWORD" (print "tally-" $as)) }}
- name: ROCKOLA_TALLY
  value: redis://{{ $as }}:$(TALLY_PASSWORD)@redis-service:6379/0
{{- else -}}
{{ include "rockola.secret" (list $root "ARCHIVE_PASSWORD" (print "archive-" $as)) }}
- name: ROCKOLA_ARCHIVE
  value: mongodb://{{ $as }}:$(ARCHIVE_PASSWORD)@{{ include "rockola.members" $root }}/so1_proyecto2?replicaSet=rs0
{{- end }}
{{- end }}

{{/* The members of the replica set, by commas. */}}
{{- define "rockola.members" -}}
{{- range $number := until (int .Values.archive.members) }}{{ if $number }},{{ end }}mongodb-{{ $number }}.mongodb-service:27017{{ end }}
{{- end }}

{{/* The volume of one pod of a StatefulSet: (list $ .Values.tally). */}}
{{- define "rockola.claim" -}}
- metadata: {name: data}
  spec:
    accessModes: [ReadWriteOnce]
    resources: {requests: {storage: {{ (index . 1).storage }}}}
    {{- with (index . 0).Values.storage_class }}
    storageClassName: {{ . }}
    {{- end }}
{{- end }}
