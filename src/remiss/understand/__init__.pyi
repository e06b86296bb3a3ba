# The verbs of this chapter, written by `make tidy`.

from remiss.understand.actions import estimate as estimate
from remiss.understand.alert_actions import acknowledge_alert as acknowledge_alert
from remiss.understand.alert_actions import list_alerts as list_alerts
from remiss.understand.alert_actions import snooze_alert as snooze_alert
from remiss.understand.alert_check_actions import alerts_job as alerts_job
from remiss.understand.alert_check_actions import check_alerts as check_alerts
from remiss.understand.alert_telling_actions import mail_alert as mail_alert
from remiss.understand.alert_telling_actions import tell_alerts as tell_alerts
from remiss.understand.cluster_actions import find_clusters as find_clusters
from remiss.understand.drift_actions import measure_drift as measure_drift
from remiss.understand.exact_actions import exact as exact
from remiss.understand.heatmap_actions import heatmap as heatmap
from remiss.understand.kept_cluster_actions import list_clusters as list_clusters
from remiss.understand.kept_cluster_actions import show_cluster as show_cluster
from remiss.understand.kept_slice_actions import list_slices as list_slices
from remiss.understand.kept_slice_actions import show_slice as show_slice
from remiss.understand.rate_change_actions import split_change as split_change
from remiss.understand.run_comparison_actions import compare_runs as compare_runs
from remiss.understand.sample_actions import export_sample as export_sample
from remiss.understand.sample_actions import list_sample as list_sample
from remiss.understand.slice_actions import find_slices as find_slices
from remiss.understand.slice_actions import keep_slices as keep_slices
from remiss.understand.slice_confirmation_actions import confirm_slice as confirm_slice
from remiss.understand.slice_confirmation_actions import confirm_slice_exactly as confirm_slice_exactly
