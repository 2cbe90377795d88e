import pytest

from cpcl_mm.apis.ladder.results import collect, final_scores, last_checkpoint, minutes, unfinished

HISTORY = [
    {
        'epoch': epoch,
        'image/clusters': 320.0,
        'image/outliers': 10.0,
        'image/outlier_share': 0.25,
        'image/outliers_before': 12.0,
        'image/mined': 2.0,
        'image/purity': purity,
        'seconds/extract': 1.5,
    }
    for epoch, purity in ((9, 0.5), (20, 0.75))
]


def test_a_run_is_read_from_its_work_directory(tmp_path, write_run, scores):
    write_run(tmp_path, 'oplm/data1_seed3', scores(25.0), HISTORY, minutes=4)
    (run,) = collect(tmp_path)
    assert (run.config, run.data_seed, run.seed) == ('oplm', 1, 3)
    assert run.scores == {'t2i/mAP': 25.0, 't2i/R@1': 20.0, 't2i/R@10': 55.0}
    assert {'epoch': 20} | run.labels == HISTORY[-1]
    assert run.minutes == 4.5


def test_runs_are_ordered_by_number_and_others_are_listed(tmp_path, write_run, scores):
    for label in ('itc/data0_seed10', 'itc/data0_seed9', 'a/data2_seed0', 'a/data10_seed0'):
        write_run(tmp_path, label, scores(1.0))
    write_run(tmp_path, 'itc/data0_seed11', None)
    (tmp_path / 'itc' / 'data0_seed12.py').write_text('')
    write_run(tmp_path, 'warm_up/data0_seed0', None)
    write_run(tmp_path, 'itc/data_of_mine_seed', scores(1.0))
    runs = [(run.config, run.data_seed, run.seed) for run in collect(tmp_path)]
    assert runs == [('a', 2, 0), ('a', 10, 0), ('itc', 0, 9), ('itc', 0, 10)]
    assert unfinished(tmp_path) == ['itc/data0_seed11', 'itc/data0_seed12']


def test_of_several_sessions_the_last_scores_and_the_whole_time_count(tmp_path, write_run, scores):
    write_run(tmp_path, 'itc/data0_seed0', scores(1.0), minutes=2)
    work_dir = write_run(
        tmp_path, 'itc/data0_seed0', scores(2.0), minutes=3, session='20260102_100000'
    )
    assert final_scores(work_dir)['t2i/mAP'] == 2.0
    assert minutes(work_dir) == 2.5 + 3.5


def test_the_time_of_a_warm_up_is_that_of_the_runs_that_began_from_it(tmp_path, write_run, scores):
    write_run(tmp_path, 'warm_up/data0_seed0', None, minutes=5)
    for name, start in (('alone', 'None'), ('shared', "'warm_up/data0_seed0/epoch_8.pth'")):
        write_run(tmp_path, f'{name}/data0_seed0', scores(1.0), minutes=1)
        (tmp_path / name / 'data0_seed0.py').write_text(f'load_from = {start}')
    assert {run.config: run.minutes for run in collect(tmp_path)} == {'alone': 1.5, 'shared': 7.0}


@pytest.mark.parametrize('content', ['{"t2i/R@1": 1.0}', '{"t2i/', '[]', '{"t2i/mAP": "x"}'])
def test_a_file_without_scores(tmp_path, content):
    (tmp_path / 'test_scores.json').write_text(content)
    with pytest.raises(ValueError, match='test_scores.json does not hold scores'):
        final_scores(tmp_path)


def test_the_last_checkpoint(tmp_path):
    assert last_checkpoint(tmp_path) is None
    (tmp_path / 'last_checkpoint').write_text('elsewhere/run/epoch_7.pth')
    assert last_checkpoint(tmp_path) == 'epoch_7.pth'
