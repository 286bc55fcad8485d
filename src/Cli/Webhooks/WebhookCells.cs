using InterCluster.Cli.Terminal;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Webhooks;

/// <summary>How deliveries are shown.</summary>
internal static class WebhookCells
{
    public static Cell State(DeliveryState state) => new(StateTones.Word(state), state switch
    {
        DeliveryState.Delivered => Tone.Good,
        DeliveryState.Pending => Tone.Warn,
        _ => Tone.Bad,
    });

    public static Cell Function(DeliveryView delivery) => delivery.Function == "/" ? delivery.App : $"{delivery.App}/{delivery.Function}";
}
